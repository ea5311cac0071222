import { z } from 'zod';
import { databaseEnv, httpEnv, json, kafkaEnv, redisEnv, secret, serviceUrls } from '../platform/config.ts';
import { rulesSchema } from '../rules/index.ts';

export const gameEnv = {
  ...httpEnv(4001),
  ...kafkaEnv,
  ...databaseEnv,
  ...redisEnv,
  WALLET_URLS: serviceUrls,
  INVENTORY_URLS: serviceUrls,
  /** Signs the tokens of live connections. */
  MATCH_TOKEN_SECRET: secret(z.string().min(32, 'at least 32 characters')),
  /** What differs from the default rules (docs/rules.md), as JSON. */
  GAME_RULES: json(rulesSchema, '{}'),
  /** How long a request waits for the outcome of its action. */
  ACTION_TIMEOUT_MS: z.coerce.number().int().min(100).max(60_000).default(5000),
  /** Actions that one player may send per second over the live connection. */
  ACTIONS_PER_SECOND: z.coerce.number().int().min(1).max(10_000).default(30),
};
export type GameConfig = z.infer<z.ZodObject<typeof gameEnv>>;
