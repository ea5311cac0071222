import { randomUUID } from 'node:crypto';
import { within } from '../../scripts/lib/money/within.ts';
import { createDatabaseOf, type TestDatabase } from '../../tests/servers.ts';
import {
  EconomyEvent,
  type ActionRejected,
  type ActionResolved,
  type MatchEvent,
  type RewardGranted,
} from '../contracts/events.ts';
import { ActionId, CorrelationId, EventId, ItemId, ListingId, MatchId, PlayerId, TradeId } from '../contracts/ids.ts';
import { openDatabase, type Database } from '../platform/database/database.ts';
import type { Delivery } from '../platform/kafka/consumer.ts';
import { ProcessLifecycle } from '../platform/lifecycle.ts';
import { Bookkeeper } from './bookkeeper.ts';
import type { FundsCommand } from './holds.ts';
import { migrations } from './migrations/index.ts';

export const aPlayer = (): PlayerId => PlayerId.parse(randomUUID());
export const aMatch = (): MatchId => MatchId.parse(randomUUID());
export const anAction = (): ActionId => ActionId.parse(randomUUID());

const head = () => ({
  eventId: EventId.parse(randomUUID()),
  correlationId: CorrelationId.parse(randomUUID()),
  causationId: null,
  version: 1,
  timestamp: new Date().toISOString(),
});

export const reward = (
  playerId: PlayerId,
  got: { currency?: number; stamps?: number },
  matchId = aMatch(),
): RewardGranted => ({
  ...head(),
  type: 'RewardGranted',
  payload: { playerId, matchId, outcome: 'WINNER', currency: 0, stamps: 0, item: null, ...got },
});

/** A trade, and the commands of its saga: each call is a new event. */
export const aTrade = (buyerId: PlayerId, sellerId: PlayerId, price: number, fee = 0) => {
  const tradeId = TradeId.parse(randomUUID());
  const ofFunds = { tradeId, buyerId, sellerId, amount: price };
  const [listingId, itemId] = [ListingId.parse(randomUUID()), ItemId.parse(randomUUID())];
  const names = { buyerName: 'buyer', sellerName: 'seller', item: 'iron_sword' } as const;
  return {
    tradeId,
    command: (type: FundsCommand['type']): FundsCommand =>
      type === 'TradeCompleted'
        ? { ...head(), type, payload: { tradeId, listingId, itemId, buyerId, sellerId, price, fee, ...names } }
        : { ...head(), type, payload: ofFunds },
  };
};

interface OfAction {
  playerId: PlayerId;
  actionId: ActionId;
  matchId: MatchId;
}
export const rejected = (of: OfAction): ActionRejected => ({
  ...head(),
  type: 'ActionRejected',
  payload: { ...of, fingerprint: '', error: 'ACTION_EXPIRED', detail: '' },
});
export const resolved = ({ actionId, ...of }: OfAction, sealed: boolean): ActionResolved => ({
  ...head(),
  type: 'ActionResolved',
  payload: {
    ...{ ...of, actionId, fingerprint: '' },
    answer: {
      ...{ actionId, type: 'defend', sealed, seq: 2, tick: 1 },
      result: { type: 'defend', shield: 20, untilTick: 11 },
    },
  },
});

export const delivered = (event: EconomyEvent | MatchEvent): Delivery<EconomyEvent | MatchEvent> => ({
  event,
  topic: 'economy-events',
  partition: 0,
  record: { key: null, value: null, timestamp: '0', attributes: 0, offset: '0', headers: {} },
});

export interface WalletDatabase {
  name: string;
  env: TestDatabase['as'];
  as(role: 'owner' | 'wallet'): Promise<Database>;
  /** A replica with connections of its own. */
  replica(): Promise<Bookkeeper>;
  /** Rewards these players, so that they have something. */
  give(playerIds: PlayerId[], got: { currency?: number; stamps?: number }): Promise<void>;
  wallet(playerId: PlayerId): Promise<{ balance: number; held: number; stamps: number; stampsHeld: number }>;
  /** What was told of a trade, oldest first. */
  replies(tradeId: TradeId): Promise<EconomyEvent[]>;
  lines(playerId: PlayerId): Promise<[type: string, amount: number][]>;
  /** The money check of this database: what is broken. */
  audit(): Promise<unknown[]>;
  deadlocks(): Promise<number>;
  drop(): Promise<void>;
}

const noRelay = { wake: () => undefined };

/** A wallet_db of one's own. */
export const createWalletDatabase = async (): Promise<WalletDatabase> => {
  const database = await createDatabaseOf('wallet', migrations);
  const lifecycle = new ProcessLifecycle();
  const as = (role: string) => openDatabase(database.as(role), lifecycle, role);
  const owner = await as('owner');
  const replica = async () => new Bookkeeper(await as('wallet'), noRelay);
  return {
    name: database.name,
    env: (role) => database.as(role),
    as,
    replica,
    give: async (playerIds, got) => {
      await (await replica()).handle(playerIds.map((playerId) => delivered(reward(playerId, got))));
    },
    wallet: async (playerId) => {
      const [row] = await owner.query<{ balance: number; held: number; stamps: number; stampsHeld: number }>(
        {
          text: `select balance::int, held_amount::int as held, stamp_balance::int as stamps,
                   stamps_held::int as "stampsHeld" from wallets where player_id = $1`,
        },
        [playerId],
      );
      if (!row) throw new Error('no wallet');
      return row;
    },
    replies: async (tradeId) => {
      const rows = await owner.query<{ value: string }>(
        { text: 'select value from outbox where key = $1 order by id' },
        [tradeId],
      );
      return rows.map(({ value }) => EconomyEvent.parse(JSON.parse(value)));
    },
    lines: async (playerId) => {
      const rows = await owner.query<{ type: string; amount: number }>(
        { text: 'select type, amount::int from transactions where player_id = $1 order by id' },
        [playerId],
      );
      return rows.map(({ type, amount }) => [type, amount]);
    },
    audit: async () => {
      const rules = within.filter((check) => check.database === 'wallet');
      const broken = await Promise.all(
        rules.map(async ({ rule, broken: text }) => ({ rule, rows: await owner.query<object>({ text }) })),
      );
      return broken.filter(({ rows }) => rows.length > 0);
    },
    deadlocks: async () => {
      const [row] = await owner.query<{ deadlocks: number }>({
        text: 'select deadlocks::int from pg_stat_database where datname = current_database()',
      });
      return row?.deadlocks ?? 0;
    },
    drop: async () => {
      await lifecycle.stop();
      await database.drop();
    },
  };
};
