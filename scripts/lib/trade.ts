import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  systemAccounts,
  type AcceptedTrade,
  type Inventory,
  type Leaderboard,
  type Listings,
  type Trade,
  type Wallet,
} from '../../src/contracts/economy.ts';
import type { PlayerClient } from './load/client.ts';

export interface Purchase {
  tradeId: string;
  /** What was bought, and for how much of which balance. */
  item: string;
  price: number;
  balance: number;
  /** From the end of the match to its reward, and from the request to the trade's end. */
  rewardSeconds: number;
  tradeSeconds: number;
}

const get = async <T>({ api, session }: PlayerClient, path: string): Promise<T> => {
  const { status, body } = await api.call<T>('GET', path, { token: session.accessToken });
  if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
  return body;
};

/** Asks until there is an answer. @throws Error that says what did not come. */
const until = async <T>(what: string, seconds: number, ask: () => Promise<T | undefined>): Promise<T> => {
  const deadline = performance.now() + seconds * 1000;
  while (performance.now() < deadline) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await sleep(100);
  }
  throw new Error(`${what}: not within ${seconds} s`);
};

/**
 * The winner of a match that has just ended gets its reward, buys with it the cheapest sword of the house, and has it, all
 * through the front door. Throws when anything is not as the API promises.
 */
export const buyFromHouse = async (winner: PlayerClient): Promise<Purchase> => {
  const began = performance.now();
  const before = await until('the reward of the winner', 60, async () => {
    const wallet = await get<Wallet>(winner, '/wallet');
    return wallet.balance > 0 ? wallet : undefined;
  });
  const rewardSeconds = (performance.now() - began) / 1000;
  await until('the winner on the leaderboard', 30, async () => {
    const { entries } = await get<Leaderboard>(winner, '/leaderboard/me');
    return entries.find(({ playerId }) => playerId === winner.playerId);
  });

  const offer = await until('a listing of the house', 60, async () => {
    const { items } = await get<Listings>(winner, '/marketplace/listings?sort=cheapest');
    return items.find(({ sellerId, status }) => sellerId === systemAccounts.house && status === 'ACTIVE');
  });
  const requested = performance.now();
  const request = { token: winner.session.accessToken, key: randomUUID(), body: { listingId: offer.listingId } };
  const accepted = await winner.api.call<AcceptedTrade>('POST', '/marketplace/trades', request);
  if (accepted.status !== 202) throw new Error(`the trade: ${accepted.status} ${JSON.stringify(accepted.body)}`);
  const again = await winner.api.call<AcceptedTrade>('POST', '/marketplace/trades', request);
  if (!isDeepStrictEqual(again, accepted)) throw new Error('the same key again gave another trade');
  const { tradeId } = accepted.body;
  const trade = await until('the end of the trade', 60, async () => {
    const now = await get<Trade>(winner, `/marketplace/trades/${tradeId}`);
    return now.status === 'PENDING' ? undefined : now;
  });
  if (trade.status !== 'COMPLETED') throw new Error(`the trade failed: ${trade.failure ?? trade.sagaState}`);
  const tradeSeconds = (performance.now() - requested) / 1000;

  await until('the sword in the inventory, unlocked', 10, async () => {
    const { items } = await get<Inventory>(winner, '/inventory');
    return items.find(({ id, locked }) => id === offer.itemId && !locked);
  });
  const after = await get<Wallet>(winner, '/wallet');
  if (after.heldAmount !== 0 || after.balance !== before.balance - offer.price) {
    throw new Error(`${before.balance} less ${offer.price} is not ${JSON.stringify(after)}`);
  }
  const { name } = offer.item;
  return { tradeId, item: name, price: offer.price, balance: before.balance, rewardSeconds, tradeSeconds };
};
