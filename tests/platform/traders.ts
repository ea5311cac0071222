import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { refusals } from '../../scripts/lib/smoke/customers.ts';
import { Api } from '../../src/bots/api.ts';
import { Player } from '../../src/bots/player.ts';
import { PlayerId } from '../../src/contracts/ids.ts';
import { CatalogueId } from '../../src/contracts/items.ts';
import { routes } from '../../src/contracts/routes.ts';
import type { Economy } from './economy.ts';
import type { Random } from './random.ts';

export interface TradersOptions {
  traders: number;
  /** Between two doings of one trader, on average. */
  pauseMs: number;
}

/** The first meets who takes back what is being bought, the others who asks while a service is away. */
const expected = new Set([...refusals, 'TRADE_RUNNING', 'CIRCUIT_OPEN', 'UNAVAILABLE']);

/** Players with money and swords who sell to each other, until they are stopped; or their test has ended, also badly. */
export class Traders implements AsyncDisposable {
  /** What must not be: answers that are no answers. */
  readonly trouble: string[] = [];
  /** How often each answer was met. */
  readonly answers = new Map<string, number>();
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>[] = [];

  static async start(url: string, economy: Economy, random: Random, options: TradersOptions): Promise<Traders> {
    const all = new Traders();
    const { signal } = all.stopping;
    const api = new Api(url, signal);
    for (let count = 0; count < options.traders; count++) {
      const session = await api.ask(routes.guest, { body: {} });
      if (!session.ok) throw new Error(`no guest: ${session.error}`);
      const { playerId } = session.body;
      const items = Array.from({ length: 3 }, () => random.pick(CatalogueId.options) ?? 'iron_sword');
      await economy.grant(PlayerId.parse(playerId), { currency: 3000, stamps: 5, items });
      const player = new Player(api, {
        name: `trader-${count + 1}`,
        random: () => random.next(),
        signal,
        signIn: () => Promise.resolve(session.body),
      });
      all.running.push(all.trade(player, random, options.pauseMs));
    }
    return all;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.running);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  private async trade(player: Player, random: Random, pauseMs: number): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        const draw = random.next();
        if (draw < 0.35) await this.sell(player, random);
        else if (draw < 0.45) await this.takeBack(player, random);
        else await this.buy(player, random);
      } catch (error) {
        // A gateway that is away for longer than a patient client waits; the next doing will tell.
        this.met(error instanceof Error ? error.name : 'error');
      }
      await sleep(pauseMs * (0.5 + random.next()), undefined, { signal }).catch(() => undefined);
    }
  }

  private async sell(player: Player, random: Random): Promise<void> {
    const items = await player.ask(routes.getInventory, { query: { limit: 20 } });
    const item = items.ok ? random.pick(items.body.items) : undefined;
    if (!item) return;
    const price = 1 + random.below(600);
    this.note(await player.ask(routes.createListing, { body: { itemId: item.id, price } }), 'listed');
  }

  private async takeBack(player: Player, random: Random): Promise<void> {
    const own = await player.ask(routes.listListings, { query: { mine: 'true' } });
    const listing = own.ok ? random.pick(own.body.items) : undefined;
    if (!listing) return;
    this.note(await player.ask(routes.cancelListing, { params: { id: listing.listingId } }), 'taken back');
  }

  /** Often the cheapest, which others want too; and now and then the same request again. */
  private async buy(player: Player, random: Random): Promise<void> {
    const market = await player.ask(routes.listListings, { query: { sort: 'cheapest', limit: 10 } });
    const listing = market.ok ? random.pick(market.body.items.slice(0, random.chance(0.5) ? 2 : 10)) : undefined;
    if (!listing) return;
    const request = { body: { listingId: listing.listingId }, key: randomUUID() };
    const answer = await player.ask(routes.requestTrade, request);
    this.note(answer, 'trade begun');
    if (!answer.ok || !random.chance(0.3)) return;
    const again = await player.ask(routes.requestTrade, request);
    if (again.ok && again.body.tradeId !== answer.body.tradeId) this.trouble.push('the same key began another trade');
    if (!again.ok && again.status < 500) this.trouble.push(`the same key again: ${again.error}`);
  }

  private note(
    answer: { ok: true } | { ok: false; status: number; error: string; detail: string },
    what: string,
  ): void {
    this.met(answer.ok ? what : answer.error);
    if (!answer.ok && !expected.has(answer.error))
      this.trouble.push(`${answer.status} ${answer.error} ${answer.detail}`);
  }

  private met(what: string): void {
    this.answers.set(what, (this.answers.get(what) ?? 0) + 1);
  }
}
