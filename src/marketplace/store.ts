import type { ListingStatus, SagaState, TradeTerms } from '../contracts/economy.ts';
import type { CorrelationId, TradeId } from '../contracts/ids.ts';
import type { Transaction } from '../platform/database/database.ts';
import { insertOutbox, outboxRows, type Outgoing } from '../platform/outbox/outbox.ts';
import { Saga, timer } from './saga.ts';
import { beganAt, span } from './trade-id.ts';

/** A trade under the lock of its row. */
export interface LockedTrade extends TradeTerms {
  correlationId: CorrelationId;
  createdAt: Date;
  /** How long ago that was, in seconds. */
  age: number;
  saga: Saga;
  /** How many states it has entered. */
  steps: number;
}

export interface Entered {
  trade: LockedTrade;
  step: number;
  state: SagaState;
  /** The answer that led there, or the timer. */
  cause: string;
}

export interface Changes {
  trades: LockedTrade[];
  log: Entered[];
  events: Outgoing[];
}

/** The terms of `trades t`, as the contract names them. */
export const termsOf = `t.id as "tradeId", t.listing_id as "listingId", t.item_id as "itemId", t.item,
  t.buyer_id as "buyerId", t.buyer_name as "buyerName", t.seller_id as "sellerId", t.seller_name as "sellerName",
  t.price, t.fee`;
const locked = `${termsOf}, t.correlation_id as "correlationId", t.created_at as "createdAt", t.steps,
  extract(epoch from clock_timestamp() - t.created_at)::float8 as age,
  jsonb_build_object('state', t.saga_state, 'command', t.command, 'attempt', t.attempt, 'failure', t.failure) as saga`;

const parsed = (rows: LockedTrade[]): LockedTrade[] => rows.map((row) => ({ ...row, saga: Saga.parse(row.saga) }));

/** Locks trades, in the order of their ids: two replicas never wait for each other in a circle. */
export const lockTrades = async (transaction: Transaction, ids: TradeId[]): Promise<Map<TradeId, LockedTrade>> => {
  const rows = await transaction.query<LockedTrade>(
    {
      name: 'market-lock',
      text: `select ${locked} from trades t where t.id = any ($1::uuid[]) and t.created_at between $2 and $3
             order by t.id for update`,
    },
    [ids, ...span(ids)],
  );
  return new Map(parsed(rows).map((trade) => [trade.tradeId, trade]));
};

/** Locks trades whose timer has run out; those that another replica has in hand are left to it. */
export const lockDue = async (transaction: Transaction, limit: number): Promise<LockedTrade[]> =>
  parsed(
    await transaction.query<LockedTrade>(
      {
        name: 'market-due',
        text: `select ${locked} from trades t where t.status = 'PENDING' and t.due_at <= clock_timestamp()
               order by t.created_at limit $1 for update skip locked`,
      },
      [limit],
    ),
  );

/** Milliseconds until the timer of a saga goes off; null at its end. */
const dueMs = (saga: Saga, stepMs: number): number | null => {
  const share = timer(saga);
  return share === null ? null : Math.round(share * stepMs);
};

/** What becomes of the listing with the end of its trade; null while it runs. */
const listingAfter = (saga: Saga): ListingStatus | null => {
  if (saga.state === 'COMPLETED') return 'SOLD';
  if (saga.state !== 'FAILED') return null;
  // Whose item is not there any more has nothing to sell.
  return saga.failure === 'ITEM_NOT_AVAILABLE' ? 'CANCELLED' : 'ACTIVE';
};

/** A trade that begins, when its id says: its key, its row, its listing reserved. The caller holds the lock of the listing's row. */
export const insertTrade = (
  transaction: Transaction,
  trade: Omit<LockedTrade, 'createdAt' | 'age'>,
  idempotencyKey: string,
  { entered, events, stepMs }: { entered: SagaState[]; events: Outgoing[]; stepMs: number },
): void => {
  const { saga, ...terms } = trade;
  const row = { ...terms, ...saga, createdAt: beganAt(trade.tradeId), dueMs: dueMs(saga, stepMs), idempotencyKey };
  transaction.send(
    {
      name: 'market-begin',
      text: `with r as (
               select * from jsonb_to_record($1::jsonb) as r("tradeId" uuid, "listingId" uuid, "itemId" uuid, item text,
                 "buyerId" uuid, "buyerName" text, "sellerId" uuid, "sellerName" text, price int, fee int,
                 "correlationId" uuid, state text, command text, attempt int, steps int, "createdAt" timestamptz,
                 "dueMs" int, "idempotencyKey" uuid)
             ), key as (
               insert into trade_keys (trade_id, buyer_id, idempotency_key, listing_id, created_at)
               select "tradeId", "buyerId", "idempotencyKey", "listingId", "createdAt" from r
             ), begun as (
               insert into trades (id, listing_id, item_id, item, buyer_id, buyer_name, seller_id, seller_name, price,
                 fee, correlation_id, saga_state, command, attempt, steps, due_at, created_at, updated_at)
               select "tradeId", "listingId", "itemId", item, "buyerId", "buyerName", "sellerId", "sellerName", price,
                 fee, "correlationId", state, command, attempt, steps, now() + "dueMs" * interval '1 ms', "createdAt", now()
               from r
             ), logged as (
               insert into saga_log (trade_id, step, state, cause, trade_created_at)
               select "tradeId", s.step, s.state, 'request', "createdAt" from r,
                 unnest($2::text[]) with ordinality as s(state, step)
             ), reserved as (
               update listings set status = 'RESERVED' where id = (select "listingId" from r)
             )
             ${insertOutbox(3)}`,
    },
    [JSON.stringify(row), entered, outboxRows(events)],
  );
};

/** Everything that steps of sagas change. All of it goes along with the commit. */
export const writeSteps = (transaction: Transaction, { trades, log, events }: Changes, stepMs: number): void => {
  for (const { tradeId, createdAt, listingId, saga, steps } of trades) {
    const { state, command, attempt, failure } = saga;
    transaction.send(
      {
        name: 'market-step',
        // One statement each: joined to a list, the planner would read all partitions while they are small.
        text: `update trades set saga_state = $3, command = $4, attempt = $5, failure = $6, steps = $7,
                 due_at = clock_timestamp() + $8::int * interval '1 ms', updated_at = clock_timestamp()
               where id = $1 and created_at = $2`,
      },
      [tradeId, createdAt, state, command, attempt, failure, steps, dueMs(saga, stepMs)],
    );
    const listing = listingAfter(saga);
    if (listing === null) continue;
    transaction.send(
      {
        name: 'market-listing',
        text: `update listings set status = $2, closed_at = case when $2 <> 'ACTIVE' then clock_timestamp() end
               where id = $1 and status = 'RESERVED'`,
      },
      [listingId, listing],
    );
  }
  const entered = log.map(({ trade: { tradeId, createdAt }, step, state, cause }) => ({
    tradeId,
    createdAt,
    step,
    state,
    cause,
  }));
  transaction.send(
    {
      name: 'market-tell',
      text: `with logged as (
               insert into saga_log (trade_id, step, state, cause, trade_created_at)
               select "tradeId", step, state, cause, "createdAt" from jsonb_to_recordset($1::jsonb)
                 as s("tradeId" uuid, "createdAt" timestamptz, step int, state text, cause text)
             )
             ${insertOutbox(2)}`,
    },
    [JSON.stringify(entered), outboxRows(events)],
  );
};
