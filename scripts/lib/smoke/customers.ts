import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AcceptedTrade, Inventory, Listings, Trade, Wallet } from '../../../src/contracts/economy.ts';
import type { Random } from '../../../tests/platform/random.ts';
import type { ApiAnswer, PlayerClient } from '../load/client.ts';

/** How long an answer, or the end of a trade, is waited for. */
const giveUpMs = 60_000;
/** What players read, as often as each is here. */
const pages = [
  '/wallet',
  '/wallet',
  '/wallet/transactions?limit=20',
  '/inventory',
  '/marketplace/listings?sort=cheapest',
  '/marketplace/listings?sort=cheapest',
  '/marketplace/trades',
  '/leaderboard/top100',
  '/leaderboard/me',
  '/matches',
];
/** Refusals that whoever buys and sells beside others may meet. */
export const refusals = new Set([
  'INSUFFICIENT_BALANCE',
  'LISTING_NOT_ACTIVE',
  'OWN_LISTING',
  'ITEM_LOCKED',
  'ITEM_LISTED',
  'NOT_YOURS',
]);

/** Players who look at what is theirs and at the market, and sell to each other what their matches bring them. */
export class Customers {
  /** How trades ended, and how often; PENDING: it did not. */
  readonly trades = new Map<string, number>();
  /** What must not be: answers that are no answers. */
  readonly trouble: string[] = [];
  private readonly random: Random;
  private readonly stopping = new AbortController();
  private readonly underWay = new Set<Promise<void>>();
  private readonly running: Promise<void>[];

  /** So many requests a second, all together, and beside them what trades take. */
  constructor(players: readonly PlayerClient[], random: Random, requestsPerSecond: number) {
    this.random = random;
    this.running = [this.read(players, 1000 / requestsPerSecond), ...players.map((player) => this.trade(player))];
  }

  /** Ends with the last trade. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.running);
    await Promise.all(this.underWay);
  }

  private async read(players: readonly PlayerClient[], everyMs: number): Promise<void> {
    let due = performance.now();
    while (!this.stopping.signal.aborted) {
      const player = this.random.pick(players);
      const page = this.random.pick(pages) ?? '/wallet';
      if (player) {
        const asked = this.ask(player, 'GET', page)
          .then(() => undefined)
          .finally(() => this.underWay.delete(asked));
        this.underWay.add(asked);
      }
      due += everyMs;
      await sleep(Math.max(0, due - performance.now()));
    }
  }

  private async trade(player: PlayerClient): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      if (this.random.chance(0.4)) await this.sell(player);
      else await this.buy(player);
      await sleep(1000 + this.random.below(2000), undefined, { signal }).catch(() => undefined);
    }
  }

  private async sell(player: PlayerClient): Promise<void> {
    const inventory = await this.ask<Inventory>(player, 'GET', '/inventory');
    const item = this.random.pick(inventory?.body.items.filter(({ locked }) => !locked) ?? []);
    if (!item) return;
    await this.ask(player, 'POST', '/marketplace/listings', { itemId: item.id, price: 50 + this.random.below(200) });
  }

  private async buy(player: PlayerClient): Promise<void> {
    const wallet = await this.ask<Wallet>(player, 'GET', '/wallet');
    const market = await this.ask<Listings>(player, 'GET', '/marketplace/listings?sort=cheapest');
    const money = wallet?.body.balance ?? 0;
    const offers = market?.body.items.filter(({ sellerId, price }) => sellerId !== player.playerId && price <= money);
    const offer = this.random.pick(offers?.slice(0, 5) ?? []);
    if (!offer) return;
    const { listingId } = offer;
    const accepted = await this.ask<AcceptedTrade>(player, 'POST', '/marketplace/trades', { listingId }, randomUUID());
    if (accepted?.status !== 202) return;
    const latest = Date.now() + giveUpMs;
    for (;;) {
      await sleep(300);
      const trade = await this.ask<Trade>(player, 'GET', `/marketplace/trades/${accepted.body.tradeId}`);
      if (trade?.body.status === 'PENDING' && Date.now() < latest) continue;
      const end = trade?.body.failure ?? trade?.body.status ?? 'PENDING';
      this.trades.set(end, (this.trades.get(end) ?? 0) + 1);
      return;
    }
  }

  /** Asks until there is an answer, as a client does, with the same key. What fails meanwhile is seen by who watches the client. */
  private async ask<T>(
    { api, session }: PlayerClient,
    method: 'GET' | 'POST',
    path: string,
    body?: object,
    key?: string,
  ): Promise<ApiAnswer<T> | undefined> {
    const latest = Date.now() + giveUpMs;
    const options = { token: session.accessToken, ...(body && { body }), ...(key !== undefined && { key }) };
    do {
      try {
        const answer = await api.call<T & { error?: string }>(method, path, options);
        if (answer.status < 400) return answer;
        if (answer.status < 500) {
          const error = answer.body.error ?? '';
          if (!refusals.has(error)) this.trouble.push(`${method} ${path}: ${answer.status} ${error}`);
          return undefined;
        }
      } catch {
        // No answer at all.
      }
      await sleep(500);
    } while (Date.now() < latest);
    this.trouble.push(`${method} ${path}: no answer within ${giveUpMs / 1000} s`);
    return undefined;
  }
}
