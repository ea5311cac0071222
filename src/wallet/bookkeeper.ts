import { systemAccounts } from '../contracts/economy.ts';
import type {
  ActionRejected,
  ActionResolved,
  EconomyEvent,
  EconomyEventOf,
  MatchEvent,
  RewardGranted,
} from '../contracts/events.ts';
import type { Database } from '../platform/database/database.ts';
import type { Delivery } from '../platform/kafka/consumer.ts';
import { unseen } from '../platform/outbox/inbox.ts';
import { envelope, eventIdFrom, type Outgoing } from '../platform/outbox/outbox.ts';
import type { Relay } from '../platform/outbox/relay.ts';
import { metrics } from '../platform/telemetry/metrics.ts';
import { causedBy } from '../platform/telemetry/propagation.ts';
import { Books, reservationKey, type ReservationState } from './books.ts';
import type { FundsCommand, FundsReply } from './holds.ts';
import { ensureWallets, lockPresent, readHolds, readReservations, readRewarded, write } from './store.ts';

type Outcome = ActionResolved | ActionRejected;
type Concerned = RewardGranted | FundsCommand | Outcome;

/**
 * Carries out what the events ask for. All effects of a batch are one transaction: the wallets it touches are locked in
 * the order of their ids, what is known of its business keys is read under these locks, and the books decide.
 */
export class Bookkeeper {
  private readonly database: Database;
  private readonly relay: Relay;

  constructor(database: Database, relay: Relay) {
    this.database = database;
    this.relay = relay;
  }

  /** economy-events and match-events. */
  async handle(batch: Delivery<EconomyEvent | MatchEvent>[]): Promise<void> {
    const outcomes = await this.unsettled(batch.filter(isOutcome));
    const rewards = batch.filter(isReward);
    const commands = batch.filter(isFunds);
    const economy: Delivery<RewardGranted | FundsCommand>[] = [...rewards, ...commands];
    if (economy.length + outcomes.length === 0) return;
    const accounts = new Set([
      ...[...rewards, ...outcomes].map(({ event }) => event.payload.playerId),
      ...commands.flatMap(({ event }) => [event.payload.buyerId, event.payload.sellerId]),
      ...commands.flatMap(({ event }) => (event.type === 'TradeCompleted' ? [systemAccounts.house] : [])),
    ]);
    await ensureWallets(this.database, [...accounts]);
    await this.database.transaction(async (transaction) => {
      // One round trip, in this order: what another replica wrote under the locks is seen once they are ours.
      const [fresh, locked, holds, reservations, rewarded] = await Promise.all([
        unseen(transaction, 'wallet', economy),
        lockPresent(transaction, [...accounts]),
        readHolds(
          transaction,
          commands.map(({ event }) => event.payload.tradeId),
        ),
        readReservations(
          transaction,
          outcomes.map(({ event }) => event.payload),
        ),
        readRewarded(
          transaction,
          rewards.map(({ event }) => event.payload),
        ),
      ]);
      const books = new Books({ accounts: locked, holds, reservations, rewarded });
      const replies: Outgoing[] = [];
      let stampsSpent = 0;
      for (const { event, record } of [...fresh, ...outcomes]) {
        switch (event.type) {
          case 'RewardGranted':
            books.reward(event.payload);
            break;
          case 'ActionResolved':
          case 'ActionRejected':
            if (books.settleStamp(event.payload, sealed(event))) stampsSpent++;
            break;
          default: {
            const reply = books.funds(event);
            if (reply) replies.push({ ...replyTo(event, reply), headers: causedBy(record.headers) });
          }
        }
      }
      write(transaction, books.changes, replies);
      transaction.afterCommit(() => {
        metrics.stampsSpent.inc(stampsSpent);
        metrics.idempotencyHits.inc({ service: 'wallet', key_type: 'business' }, books.repeated);
        if (replies.length > 0) this.relay.wake();
      });
    });
  }

  /** Most actions have no stamp: those whose outcome has nothing to settle are left out before anything is locked. */
  private async unsettled(outcomes: Delivery<Outcome>[]): Promise<Delivery<Outcome>[]> {
    const known = await readReservations(
      this.database,
      outcomes.map(({ event }) => event.payload),
    );
    const states = new Map(known.map((one): [string, ReservationState] => [reservationKey(one), one.state]));
    return outcomes.filter(({ event }) => {
      const state = states.get(reservationKey(event.payload));
      return sealed(event) ? state !== 'SPENT' : state !== undefined && state !== 'RETURNED';
    });
  }
}

const isA =
  <T extends Concerned['type']>(...types: T[]) =>
  (delivery: Delivery<EconomyEvent | MatchEvent>): delivery is Delivery<Extract<Concerned, { type: T }>> =>
    types.some((type) => type === delivery.event.type);
const isReward = isA('RewardGranted');
const isFunds = isA('ReserveFunds', 'TransferFunds', 'ReleaseFunds', 'TradeCompleted');
const isOutcome = isA('ActionResolved', 'ActionRejected');

/** Whether the action took effect with its stamp. */
const sealed = (event: Outcome): boolean => event.type === 'ActionResolved' && event.payload.answer.sealed;

/** Told again, it is the same event. */
const replyTo = (command: FundsCommand, type: FundsReply): Outgoing<EconomyEventOf<FundsReply>> => {
  const { tradeId } = command.payload;
  const head = envelope(command.correlationId, command.eventId, eventIdFrom('wallet', tradeId, type));
  return { topic: 'economy-events', key: tradeId, event: { ...head, type, payload: { tradeId } } };
};
