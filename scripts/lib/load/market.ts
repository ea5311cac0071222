import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka, Producer } from 'kafkajs';
import type { AcceptedTrade, Inventory, Listing } from '../../../src/contracts/economy.ts';
import type { Platform } from '../platform.ts';
import { ApiClient, PlayerClient } from './client.ts';
import { grant } from './grants.ts';
import type { One } from './paces.ts';

const traders = 40;
const price = 100;

/** Sellers with swords on the market, buyers with money, and an ear on economy-events. */
export class Market {
  private readonly api: ApiClient;
  private readonly producer: Producer;
  /** Of trades that are waited for, or that have ended before their request was answered. */
  private readonly ends = new Map<string, (completed: boolean) => void>();
  private readonly ended = new Map<string, boolean>();
  private players: PlayerClient[] = [];
  private readonly offers: { listingId: string; seller: PlayerClient }[] = [];
  private turn = 0;

  private constructor(api: ApiClient, producer: Producer) {
    this.api = api;
    this.producer = producer;
  }

  static async open(platform: Platform, kafka: Kafka): Promise<{ market: Market; close: () => Promise<void> }> {
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const market = new Market(new ApiClient(platform.gatewayUrl), producer);
    const consumer = kafka.consumer({ groupId: `bench-${randomUUID()}`, maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topics: ['economy-events'] });
    const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ message }) => market.hear(String(message.key), String(message.value)),
    });
    await joined;
    market.players = await Promise.all(Array.from({ length: traders }, () => PlayerClient.guest(market.api)));
    for (const { playerId } of market.players) await grant(producer, playerId, { currency: 1_000_000_000 });
    const close = async () => {
      await consumer.disconnect();
      await producer.disconnect();
      await market.api.close();
    };
    return { market, close };
  }

  private hear(tradeId: string, value: string): void {
    const { type } = JSON.parse(value) as { type: string };
    if (type !== 'TradeCompleted' && type !== 'TradeFailed') return;
    const completed = type === 'TradeCompleted';
    const tell = this.ends.get(tradeId);
    if (tell) tell(completed);
    else this.ended.set(tradeId, completed);
  }

  /** Puts so many swords on the market, through the API. */
  async fill(count: number): Promise<void> {
    const each = Math.ceil(count / traders);
    await Promise.all(
      this.players.map(async (seller) => {
        const known = new Set((await this.items(seller, 0)).map(({ id }) => id));
        await grant(this.producer, seller.playerId, { items: Array.from({ length: each }, () => 'iron_sword') });
        for (const { id } of await this.items(seller, known.size + each)) {
          if (known.has(id)) continue;
          const options = { token: seller.session.accessToken, body: { itemId: id, price } };
          const { status, body } = await this.api.call<Listing>('POST', '/marketplace/listings', options);
          if (status !== 201) throw new Error(`a listing: ${status} ${JSON.stringify(body)}`);
          this.offers.push({ listingId: body.listingId, seller });
        }
      }),
    );
  }

  /** All that a player has, as soon as it is so many. */
  private async items({ session }: PlayerClient, count: number): Promise<Inventory['items']> {
    for (;;) {
      // An item that comes meanwhile moves others to the next page.
      const all = new Map<string, Inventory['items'][number]>();
      for (let page = 1; ; page++) {
        const path = `/inventory?limit=100&page=${page}`;
        const { body } = await this.api.call<Inventory>('GET', path, { token: session.accessToken });
        for (const item of body.items) all.set(item.id, item);
        if (body.items.length < 100) break;
      }
      if (all.size >= count) return [...all.values()];
      await sleep(100);
    }
  }

  /** From the request until TradeCompleted is there for others to read. */
  readonly trade: One = async () => {
    const offer = this.offers.pop();
    if (!offer) throw new Error('The market is empty: more swords are needed for so many trades.');
    const candidates = this.players.filter((player) => player !== offer.seller);
    const buyer = candidates[this.turn++ % candidates.length];
    const { status, body } = await this.api.call<AcceptedTrade>('POST', '/marketplace/trades', {
      ...{ token: buyer?.session.accessToken ?? '', key: randomUUID(), body: { listingId: offer.listingId } },
    });
    if (status !== 202) return false;
    return this.ended.get(body.tradeId) ?? new Promise((resolve) => this.ends.set(body.tradeId, resolve));
  };
}
