import { systemAccounts, type Reward } from '../contracts/economy.ts';
import type { ActionId, MatchId, PlayerId, TradeId } from '../contracts/ids.ts';
import { decide, type Effect, type FundsCommand, type FundsReply, type Hold } from './holds.ts';
import { Ledger, LedgerError, type Account, type Line } from './ledger.ts';

/** RESERVED: a stamp is held for an action whose outcome is not known. It is then SPENT, or RETURNED. */
export type ReservationState = 'RESERVED' | 'SPENT' | 'RETURNED';

/** The stamp of one sealed action. */
export interface Reservation {
  readonly playerId: PlayerId;
  readonly actionId: ActionId;
  readonly matchId: MatchId;
  readonly state: ReservationState;
  /** The free stamps that were left when it was made: told again when it is asked for again. */
  readonly balanceAfter: number;
}

export const reservationKey = ({ playerId, actionId }: Pick<Reservation, 'playerId' | 'actionId'>): string =>
  `${playerId}/${actionId}`;
export const rewardKey = ({ playerId, matchId }: Pick<Reward, 'playerId' | 'matchId'>): string =>
  `${playerId}/${matchId}`;

/** What a transaction has read, its accounts under lock; so nothing of it can change meanwhile. */
export interface Read {
  accounts: readonly Account[];
  holds: readonly Hold[];
  reservations: readonly Reservation[];
  /** `rewardKey` of the rewards that are booked already. */
  rewarded: ReadonlySet<string>;
}

/** What it is to write. */
export interface Changes {
  accounts: Account[];
  lines: Line[];
  holds: Hold[];
  reservations: Reservation[];
}

/**
 * Money and stamps, as far as a transaction has them in hand: each command has its effect once, by its business key,
 * and what comes again finds what it did. No clock, no random, no I/O.
 */
export class Books {
  /** Commands that were known already and changed nothing. */
  repeated = 0;
  private readonly ledger: Ledger;
  private readonly holds: Map<TradeId, Hold>;
  private readonly reservations: Map<string, Reservation>;
  private readonly rewarded: Set<string>;
  private readonly changedHolds = new Set<TradeId>();
  private readonly changedReservations = new Set<string>();

  constructor({ accounts, holds, reservations, rewarded }: Read) {
    this.ledger = new Ledger(accounts);
    this.holds = new Map(holds.map((hold) => [hold.tradeId, hold]));
    this.reservations = new Map(reservations.map((one) => [reservationKey(one), one]));
    this.rewarded = new Set(rewarded);
  }

  get changes(): Changes {
    const of = <K, V>(all: ReadonlyMap<K, V>, keys: Iterable<K>): V[] =>
      [...keys].flatMap((key) => {
        const value = all.get(key);
        return value === undefined ? [] : [value];
      });
    return {
      accounts: this.ledger.changed,
      lines: this.ledger.lines,
      holds: of(this.holds, this.changedHolds),
      reservations: of(this.reservations, this.changedReservations),
    };
  }

  /** What a player got for a match, once. */
  reward(reward: Pick<Reward, 'playerId' | 'matchId' | 'currency' | 'stamps'>): void {
    const key = rewardKey(reward);
    if (this.rewarded.has(key)) {
      this.repeated++;
      return;
    }
    this.rewarded.add(key);
    const { playerId, matchId, currency, stamps } = reward;
    const grant = { from: systemAccounts.game, to: playerId, type: 'REWARD', reference: matchId } as const;
    if (currency > 0) this.ledger.book({ ...grant, asset: 'CURRENCY', amount: currency });
    if (stamps > 0) this.ledger.book({ ...grant, asset: 'STAMP', amount: stamps });
  }

  /**
   * A command of the saga; what is replied, if anything.
   * @throws Error when it contradicts what is known of its trade
   */
  funds(command: FundsCommand): FundsReply | null {
    const { tradeId, buyerId, sellerId } = command.payload;
    const amount = command.type === 'TradeCompleted' ? command.payload.price : command.payload.amount;
    const known = this.holds.get(tradeId);
    if (known && (known.buyerId !== buyerId || known.sellerId !== sellerId || known.amount !== amount)) {
      throw new Error(`${command.type} contradicts what was reserved`);
    }
    const affordable = buyerId !== sellerId && this.ledger.freeFunds(buyerId) >= amount;
    const { state, effect, reply } = decide(known?.state ?? null, command.type, affordable);
    if (known && effect === null) this.repeated++;
    const hold = { tradeId, buyerId, sellerId, amount, state };
    if (effect) this.move(effect, hold, command.type === 'TradeCompleted' ? command.payload.fee : 0);
    if (known?.state !== state) {
      this.holds.set(tradeId, hold);
      this.changedHolds.add(tradeId);
    }
    return reply;
  }

  private move(effect: Effect, { buyerId, sellerId, amount, tradeId: reference }: Hold, fee: number): void {
    const { ledger } = this;
    const asset = 'CURRENCY';
    switch (effect) {
      case 'HOLD':
        ledger.holdFunds(buyerId, amount);
        break;
      case 'FREE':
        ledger.holdFunds(buyerId, -amount);
        break;
      case 'TRANSFER':
        ledger.holdFunds(buyerId, -amount);
        ledger.book({
          ...{ from: buyerId, to: sellerId, asset, amount, reference },
          ...{ type: 'PURCHASE', typeForReceiver: 'SALE' },
        });
        ledger.holdFunds(sellerId, amount);
        break;
      case 'REFUND':
        ledger.holdFunds(sellerId, -amount);
        ledger.book({ from: sellerId, to: buyerId, asset, amount, reference, type: 'REFUND' });
        break;
      case 'SETTLE':
        ledger.holdFunds(sellerId, -amount);
        // What the house sells is all its own.
        if (fee === 0 || sellerId === systemAccounts.house) break;
        ledger.book({ from: sellerId, to: systemAccounts.house, asset, amount: fee, reference, type: 'FEE' });
        break;
    }
  }

  /** Holds a stamp for an action: the free ones that are left then, or null without a free one. */
  reserveStamp(action: Pick<Reservation, 'playerId' | 'actionId' | 'matchId'>): number | null {
    const key = reservationKey(action);
    const known = this.reservations.get(key);
    if (known) {
      this.repeated++;
      return known.balanceAfter;
    }
    const balanceAfter = this.ledger.freeStamps(action.playerId) - 1;
    if (balanceAfter < 0) return null;
    this.ledger.holdStamps(action.playerId, 1);
    this.reservations.set(key, { ...action, state: 'RESERVED', balanceAfter });
    this.changedReservations.add(key);
    return balanceAfter;
  }

  /** The outcome of an action: its stamp is taken, or returned. Answers whether it was taken just now. */
  settleStamp(action: Pick<Reservation, 'playerId' | 'actionId'>, sealed: boolean): boolean {
    const key = reservationKey(action);
    const reservation = this.reservations.get(key);
    if (!reservation) {
      if (sealed) throw new LedgerError('an action was sealed without a stamp');
      return false;
    }
    const state = sealed ? 'SPENT' : 'RETURNED';
    if (reservation.state !== 'RESERVED') {
      if (reservation.state !== state) throw new LedgerError(`a stamp that is ${reservation.state} can't be ${state}`);
      this.repeated++;
      return false;
    }
    const { playerId, actionId: reference } = reservation;
    this.ledger.holdStamps(playerId, -1);
    if (sealed) {
      const { game } = systemAccounts;
      this.ledger.book({ from: playerId, to: game, asset: 'STAMP', amount: 1, type: 'STAMP_SPENT', reference });
    }
    this.reservations.set(key, { ...reservation, state });
    this.changedReservations.add(key);
    return sealed;
  }

  /** Pays from one player to another: the payer's balance after it, or null when so much is not free. */
  transfer(from: PlayerId, to: PlayerId, amount: number, reference: string): number | null {
    if (this.ledger.freeFunds(from) < amount) return null;
    this.ledger.book({ from, to, asset: 'CURRENCY', amount, type: 'TRANSFER', reference });
    return this.ledger.balanceOf(from);
  }
}
