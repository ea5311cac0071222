import { z } from 'zod';
import { Price } from '../contracts/economy.ts';
import { CatalogueId } from '../contracts/items.ts';
import { databaseEnv, httpEnv, json, kafkaEnv, serviceUrls } from '../platform/config.ts';

/** What the house sells: so many listings of each kind, at its price. A kind that is not named it does not sell. */
export const House = z.partialRecord(CatalogueId, z.strictObject({ listings: z.int().min(0).max(100), price: Price }));
export type House = z.infer<typeof House>;

const defaultHouse: House = {
  iron_sword: { listings: 3, price: 150 },
  steel_sword: { listings: 2, price: 600 },
  rare_sword_01: { listings: 1, price: 2500 },
};

export const marketplaceEnv = {
  ...httpEnv(4004),
  ...kafkaEnv,
  ...databaseEnv,
  WALLET_URLS: serviceUrls,
  INVENTORY_URLS: serviceUrls,
  /** What the house keeps of each sale that is not its own. */
  FEE_PERCENT: z.coerce.number().int().min(0).max(100).default(5),
  /** How long the answer to a step of a trade may take; then the trade is compensated. */
  SAGA_STEP_SECONDS: z.coerce.number().min(0.1).max(3600).default(10),
  /** Months of trades that are kept beside the current one; 0: all. */
  TRADES_KEEP_MONTHS: z.coerce.number().int().min(0).max(1200).default(0),
  HOUSE: json(House, JSON.stringify(defaultHouse)),
};
