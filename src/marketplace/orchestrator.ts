import type { SagaState, TradeTerms } from '../contracts/economy.ts';
import type { EconomyEvent, EconomyEventOf } from '../contracts/events.ts';
import type { CorrelationId } from '../contracts/ids.ts';
import type { Database, Transaction } from '../platform/database/database.ts';
import type { Delivery } from '../platform/kafka/consumer.ts';
import { unseen } from '../platform/outbox/inbox.ts';
import { envelope, eventIdFrom, type Outgoing } from '../platform/outbox/outbox.ts';
import type { Relay } from '../platform/outbox/relay.ts';
import { logger } from '../platform/telemetry/logger.ts';
import { metrics } from '../platform/telemetry/metrics.ts';
import { causedBy } from '../platform/telemetry/propagation.ts';
import {
  begin,
  compensates,
  isReply,
  step,
  type Announcement,
  type Command,
  type Reply,
  type Saga,
  type Step,
} from './saga.ts';
import { insertTrade, lockDue, lockTrades, writeSteps, type Changes, type LockedTrade } from './store.ts';

export interface OrchestratorOptions {
  /** Where commands go and answers come from: `economy-events`. */
  topic: string;
  /** How long the answer to a step may take. */
  stepMs: number;
}

/** Trades that one look at the timers takes in hand. */
const dueAtOnce = 200;

const isAnswer = (delivery: Delivery<EconomyEvent>): delivery is Delivery<EconomyEventOf<Reply>> =>
  isReply(delivery.event.type);

/**
 * Leads trades through their sagas. All it knows is in their rows: a step is the new state and the next command in one
 * transaction, so that any replica, at any time, goes on where another has died.
 */
export class Orchestrator {
  private readonly database: Database;
  private readonly relay: Relay;
  private readonly options: OrchestratorOptions;

  constructor(database: Database, relay: Relay, options: OrchestratorOptions) {
    this.database = database;
    this.relay = relay;
    this.options = options;
  }

  /** Begins a trade. The caller holds the lock of its listing's row. */
  begin(transaction: Transaction, terms: TradeTerms, correlationId: CorrelationId, idempotencyKey: string): void {
    const { saga, entered, send } = begin();
    const trade = { ...terms, correlationId, saga, steps: entered.length };
    const events = send.map((message) => this.outgoing(trade, message, idempotencyKey));
    insertTrade(transaction, trade, idempotencyKey, { entered, events, stepMs: this.options.stepMs });
    transaction.afterCommit(() => {
      this.relay.wake();
      for (const state of entered) tellEntered(trade, state, 'request');
    });
  }

  /** economy-events: what wallet and inventory answer. All else on the topic is for others. */
  async handle(batch: Delivery<EconomyEvent>[]): Promise<void> {
    const answers = batch.filter(isAnswer);
    if (answers.length === 0) return;
    const ids = [...new Set(answers.map(({ event }) => event.payload.tradeId))];
    await this.database.transaction(async (transaction) => {
      const [fresh, trades] = await Promise.all([
        unseen(transaction, 'marketplace', answers),
        lockTrades(transaction, ids),
      ]);
      const changes: Changes = { trades: [], log: [], events: [] };
      for (const { event, record } of fresh) {
        const trade = trades.get(event.payload.tradeId);
        const next = trade && step(trade.saga, event.type);
        if (!trade || !next) {
          logger.debug({ tradeId: event.payload.tradeId, type: event.type }, 'an answer that changes nothing');
          continue;
        }
        this.apply(changes, trade, next, event.type, event.eventId, causedBy(record.headers));
      }
      this.save(transaction, changes);
    });
  }

  /** Looks after trades that have waited long enough. Any replica may call this at any time. */
  async lookAfterDue(): Promise<void> {
    for (let found = dueAtOnce; found === dueAtOnce;) {
      found = await this.database.transaction(async (transaction) => {
        const due = await lockDue(transaction, dueAtOnce);
        const changes: Changes = { trades: [], log: [], events: [] };
        for (const trade of due) {
          const next = step(trade.saga, 'timer');
          if (next) this.apply(changes, trade, next, 'timer', null);
        }
        this.save(transaction, changes);
        return due.length;
      });
    }
  }

  /** Brings `trade` to the state after the step, and notes all that is to be written. */
  private apply(
    changes: Changes,
    trade: LockedTrade,
    { saga, entered, send }: Step,
    cause: string,
    causationId: string | null,
    headers?: Record<string, string>,
  ): void {
    trade.saga = saga;
    for (const state of entered) changes.log.push({ trade, step: ++trade.steps, state, cause });
    for (const message of send) {
      changes.events.push({ ...this.outgoing(trade, message, causationId), ...(headers && { headers }) });
    }
    if (!changes.trades.includes(trade)) changes.trades.push(trade);
  }

  private save(transaction: Transaction, changes: Changes): void {
    if (changes.trades.length === 0) return;
    writeSteps(transaction, changes, this.options.stepMs);
    transaction.afterCommit(() => {
      this.relay.wake();
      for (const { trade, state, cause } of changes.log) tellEntered(trade, state, cause);
      for (const trade of changes.trades) tellTrade(trade);
    });
  }

  private outgoing(
    trade: TradeTerms & { correlationId: CorrelationId; saga: Saga },
    message: Command | Announcement,
    causationId: string | null,
  ): Outgoing {
    const { tradeId, correlationId, saga } = trade;
    // The same command sent again is another event; the same step told again by another replica is not.
    const eventId = eventIdFrom('saga', tradeId, message, String(saga.attempt));
    const head = envelope(correlationId, causationId, eventId);
    return { topic: this.options.topic, key: tradeId, event: { ...head, ...contentOf(trade, message) } };
  }
}

const contentOf = (trade: TradeTerms & { saga: Saga }, message: Command | Announcement) => {
  const { tradeId, listingId, itemId, item, buyerId, buyerName, sellerId, sellerName, price, fee, saga } = trade;
  switch (message) {
    case 'ReserveFunds':
    case 'TransferFunds':
    case 'ReleaseFunds':
      return { type: message, payload: { tradeId, buyerId, sellerId, amount: price } };
    case 'LockItem':
    case 'TransferItem':
    case 'UnlockItem':
      return { type: message, payload: { tradeId, itemId, sellerId, buyerId } };
    case 'TradeRequested':
    case 'TradeCompleted':
    case 'TradeFailed': {
      const terms = { tradeId, listingId, itemId, item, buyerId, buyerName, sellerId, sellerName, price, fee };
      if (message !== 'TradeFailed') return { type: message, payload: terms };
      if (saga.state !== 'FAILED') throw new Error(`${tradeId} is ${saga.state}`);
      return { type: message, payload: { ...terms, failure: saga.failure } };
    }
  }
};

/** Of a trade, in each log line. */
type Known = Pick<LockedTrade, 'tradeId' | 'correlationId'>;

const tellEntered = ({ tradeId, correlationId }: Known, state: SagaState, cause: string): void => {
  metrics.sagaTransitions.inc({ saga_type: 'trade', state });
  const line = { tradeId, correlationId, state, cause };
  if (state.startsWith('COMPENSATING')) logger.warn(line, 'trade compensated');
  else logger.info(line, 'saga transition');
};

const tellTrade = ({ tradeId, correlationId, saga, age }: LockedTrade): void => {
  if (saga.command === null) {
    metrics.sagaDuration.observe({ saga_type: 'trade', outcome: saga.state.toLowerCase() }, age);
  } else if (saga.attempt > 0) {
    metrics.retries.inc({ service: 'marketplace', target: saga.command });
    const line = { tradeId, correlationId, command: saga.command, attempt: saga.attempt };
    if (compensates(saga)) logger.warn(line, 'a compensation is not answered, asked again');
    else logger.info(line, 'a step is not answered, asked again');
  }
};
