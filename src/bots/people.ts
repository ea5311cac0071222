import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InventoryItem } from '../contracts/economy.ts';
import { catalogue, type CatalogueId } from '../contracts/items.ts';
import { routes } from '../contracts/routes.ts';
import { logger } from '../platform/telemetry/logger.ts';
import type { Api } from './api.ts';
import { Player } from './player.ts';

/** What somebody asks for a sword, give or take. */
const usualPrice: Record<CatalogueId, number> = { iron_sword: 120, steel_sword: 500, rare_sword_01: 2000 };
const pollTradeMs = 300;

export interface PeopleOptions {
  players: number;
  /** From 0 to 1, as `Math.random`. */
  random: () => number;
  signal: AbortSignal;
}

/** Players who play match after match, and sell and buy in between, until the signal ends it. */
export const demoPlayers = async (api: Api, { players, random, signal }: PeopleOptions): Promise<void> => {
  await Promise.all(
    Array.from({ length: players }, async (_, index) => {
      const player = new Player(api, { name: `demo-${index + 1}`, random, signal, signIn: () => guest(api) });
      // Not all in one moment.
      await sleep(random() * 100 * players, undefined, { signal }).catch(() => undefined);
      while (!signal.aborted) {
        try {
          await liveOnce(player, random);
        } catch (error) {
          // At the end whatever is under way is given up.
          const givenUp = error instanceof Error && error.name === 'AbortError';
          if (!givenUp) logger.warn({ err: error, player: player.name }, 'a demo player had trouble');
        }
        await sleep(500 + random() * 1500, undefined, { signal }).catch(() => undefined);
      }
    }),
  );
};

const guest = async (api: Api) => {
  const answer = await api.ask(routes.guest, { body: {} });
  if (!answer.ok) throw new Error(`no guest: ${answer.error} ${answer.detail}`);
  return answer.body;
};

const liveOnce = async (player: Player, random: () => number): Promise<void> => {
  const match = await player.join();
  if (match) await player.play(match.matchId, { stamps: true });
  const items = await inventoryOf(player);
  await sellSpare(player, items, random);
  await buyBetter(player, items, random);
};

const inventoryOf = async (player: Player): Promise<InventoryItem[]> => {
  const answer = await player.ask(routes.getInventory, { query: { limit: 100 } });
  return answer.ok ? answer.body.items : [];
};

/** Whoever has a better sword sells the others, at about the usual price. */
const sellSpare = async (player: Player, items: InventoryItem[], random: () => number): Promise<void> => {
  const [, ...spare] = items.toSorted((a, b) => b.damage - a.damage);
  for (const { id, itemId, locked } of spare.slice(0, 3)) {
    if (locked || random() < 0.3) continue;
    const price = Math.max(1, Math.round(usualPrice[itemId] * (0.6 + random() * 0.8)));
    await player.ask(routes.createListing, { body: { itemId: id, price } });
  }
};

/** Buys the best sword that it can pay, when it is better than its own; now and then just so. */
const buyBetter = async (player: Player, items: InventoryItem[], random: () => number): Promise<void> => {
  const wallet = await player.ask(routes.getWallet);
  if (!wallet.ok) return;
  const free = wallet.body.balance - wallet.body.heldAmount;
  if (free < 1) return;
  const listings = await player.ask(routes.listListings, { query: { maxPrice: free, sort: 'cheapest', limit: 50 } });
  if (!listings.ok) return;
  const own = Math.max(0, ...items.map(({ damage }) => damage));
  const wanted = listings.body.items.filter(({ item }) => catalogue[item.itemId].damage > own || random() < 0.1);
  const choice = wanted[Math.floor(random() * wanted.length)];
  if (!choice) return;
  const trade = await player.ask(routes.requestTrade, { body: { listingId: choice.listingId }, key: randomUUID() });
  if (!trade.ok) return; // Somebody was faster.
  for (let polls = 0; polls < 200; polls++) {
    const state = await player.ask(routes.getTrade, { params: { id: trade.body.tradeId } });
    if (!state.ok || state.body.status !== 'PENDING') return;
    await sleep(pollTradeMs);
  }
};
