import type { EconomyEventOf } from '../contracts/events.ts';
import type { PlayerId, TradeId } from '../contracts/ids.ts';

/**
 * RESERVED: `amount` is held at the buyer. TRANSFERRED: it is the seller's, and held there until the trade is completed.
 * SETTLED: the seller has it free, less the fee. REFUSED and RELEASED hold nothing, and are kept so that a command that
 * comes late finds them.
 */
export type HoldState = 'RESERVED' | 'REFUSED' | 'TRANSFERRED' | 'RELEASED' | 'SETTLED';

/** The money of one trade. */
export interface Hold {
  readonly tradeId: TradeId;
  readonly buyerId: PlayerId;
  readonly sellerId: PlayerId;
  readonly amount: number;
  readonly state: HoldState;
}

export type FundsCommand = EconomyEventOf<'ReserveFunds' | 'TransferFunds' | 'ReleaseFunds' | 'TradeCompleted'>;
export type FundsReply = 'FundsReserved' | 'FundsReservationFailed' | 'FundsTransferred' | 'FundsReleased';

/** What is done with the money: held at the buyer, moved to the seller, its own at last; or given free, or given back. */
export type Effect = 'HOLD' | 'TRANSFER' | 'SETTLE' | 'FREE' | 'REFUND';

export interface Decision {
  readonly state: HoldState;
  /** Null when the command had its effect before, or is to have none. */
  readonly effect: Effect | null;
  readonly reply: FundsReply | null;
}

const step = (state: HoldState, effect: Effect | null, reply: FundsReply | null): Decision => ({
  state,
  effect,
  reply,
});
/** Of a trade that is completed though its money never came to the seller. */
const never = null;

/** NONE: nothing is known of the trade yet. */
const steps: Record<FundsCommand['type'], Record<HoldState | 'NONE', Decision | null>> = {
  ReserveFunds: {
    NONE: step('RESERVED', 'HOLD', 'FundsReserved'),
    RESERVED: step('RESERVED', null, 'FundsReserved'),
    REFUSED: step('REFUSED', null, 'FundsReservationFailed'),
    TRANSFERRED: step('TRANSFERRED', null, 'FundsReserved'),
    RELEASED: step('RELEASED', null, 'FundsReservationFailed'),
    SETTLED: step('SETTLED', null, 'FundsReserved'),
  },
  TransferFunds: {
    NONE: step('REFUSED', null, 'FundsReservationFailed'),
    RESERVED: step('TRANSFERRED', 'TRANSFER', 'FundsTransferred'),
    REFUSED: step('REFUSED', null, 'FundsReservationFailed'),
    TRANSFERRED: step('TRANSFERRED', null, 'FundsTransferred'),
    RELEASED: step('RELEASED', null, 'FundsReleased'),
    SETTLED: step('SETTLED', null, 'FundsTransferred'),
  },
  ReleaseFunds: {
    NONE: step('RELEASED', null, 'FundsReleased'),
    RESERVED: step('RELEASED', 'FREE', 'FundsReleased'),
    REFUSED: step('REFUSED', null, 'FundsReleased'),
    TRANSFERRED: step('RELEASED', 'REFUND', 'FundsReleased'),
    RELEASED: step('RELEASED', null, 'FundsReleased'),
    // A completed trade is not taken back: the money is the seller's.
    SETTLED: step('SETTLED', null, 'FundsTransferred'),
  },
  TradeCompleted: {
    NONE: never,
    RESERVED: never,
    REFUSED: never,
    TRANSFERRED: step('SETTLED', 'SETTLE', null),
    RELEASED: never,
    SETTLED: step('SETTLED', null, null),
  },
};

/**
 * What a command of the saga does to the money of its trade, from where that is now (null: nothing is known of it).
 * A repeated command gets the same reply and has no second effect. `affordable`: the buyer has the amount free.
 * @throws Error when a trade is completed though its money never came to the seller
 */
export const decide = (state: HoldState | null, command: FundsCommand['type'], affordable: boolean): Decision => {
  if (state === null && command === 'ReserveFunds' && !affordable) {
    return { state: 'REFUSED', effect: null, reply: 'FundsReservationFailed' };
  }
  const decision = steps[command][state ?? 'NONE'];
  if (!decision) throw new Error(`a trade was completed whose money is ${state ?? 'unknown'}`);
  return decision;
};
