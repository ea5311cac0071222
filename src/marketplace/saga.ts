import { z } from 'zod';
import { TradeFailure, type SagaState } from '../contracts/economy.ts';

/** What wallet and inventory are asked to do for a trade. Each is asked in one state alone. */
export type Command = 'ReserveFunds' | 'LockItem' | 'TransferFunds' | 'TransferItem' | 'ReleaseFunds' | 'UnlockItem';

/** What they answer. They answer by the trade, for ever: the same command again gets the same answer again. */
export const replies = [
  'FundsReserved',
  'FundsReservationFailed',
  'ItemLocked',
  'ItemLockFailed',
  'FundsTransferred',
  'ItemTransferred',
  'FundsReleased',
  'ItemUnlocked',
] as const;
export type Reply = (typeof replies)[number];
const replySet: ReadonlySet<string> = new Set(replies);
export const isReply = (type: string): type is Reply => replySet.has(type);

/** What everybody is told. */
export type Announcement = 'TradeRequested' | 'TradeCompleted' | 'TradeFailed';

const attempt = z.int().nonnegative();
const forward = <S extends SagaState, C extends Command>(state: S, command: C) =>
  z.object({ state: z.literal(state), command: z.literal(command), attempt, failure: z.null() });
const ended = { command: z.null(), attempt: z.literal(0) };

/**
 * A trade's saga between two steps: what is asked at the moment, how often it was asked again, and, once it gives back
 * what it had taken, why. The remaining states of the contract are passed through within a step.
 */
export const Saga = z.discriminatedUnion('state', [
  forward('FUNDS_RESERVING', 'ReserveFunds'),
  forward('ITEM_LOCKING', 'LockItem'),
  forward('FUNDS_TRANSFERRING', 'TransferFunds'),
  forward('ITEM_TRANSFERRING', 'TransferItem'),
  z.object({
    state: z.literal('COMPENSATING_FUNDS_RELEASE'),
    command: z.literal('ReleaseFunds'),
    attempt,
    failure: TradeFailure,
  }),
  z.object({
    state: z.literal('COMPENSATING_FULL'),
    command: z.enum(['UnlockItem', 'ReleaseFunds']),
    attempt,
    failure: TradeFailure,
  }),
  z.object({ state: z.literal('COMPLETED'), ...ended, failure: z.null() }),
  z.object({ state: z.literal('FAILED'), ...ended, failure: TradeFailure }),
]);
export type Saga = z.infer<typeof Saga>;
type Running = Exclude<Saga, { command: null }>;

/** What happens to a saga: an answer comes, or the time that it set is up. */
export type Input = Reply | 'timer';

export interface Step {
  saga: Saga;
  /** The states that it entered, in order; none when a command is only sent again. */
  entered: SagaState[];
  send: (Command | Announcement)[];
}

/**
 * When a command is sent again while no answer comes, in shares of the time of a step; after the last one the step has
 * timed out. A compensation is sent again for ever.
 */
const patience = [0.2, 0.3, 0.5] as const;

/** How long the timer of this saga runs, as a share of the time of a step; null at its end. */
export const timer = ({ command, attempt: tried }: Saga): number | null =>
  command === null ? null : (patience[tried] ?? 1);

/** Whether it gives back what it had taken. */
export const compensates = ({ state }: Saga): boolean =>
  state === 'COMPENSATING_FUNDS_RELEASE' || state === 'COMPENSATING_FULL';

export const begin = (): Step => ({
  saga: { state: 'FUNDS_RESERVING', command: 'ReserveFunds', attempt: 0, failure: null },
  entered: ['INITIATED', 'FUNDS_RESERVING'],
  send: ['TradeRequested', 'ReserveFunds'],
});

/**
 * The next step of a saga; null when the input changes nothing: an answer that came twice or too late. Nothing else is
 * known here than what was answered, so that any schedule of messages and restarts is safe:
 * - the item moves only after the money has, and the money comes back only after the item can no longer move;
 * - what may have been done is undone, in the reverse order, whether it was done or not.
 */
export const step = (saga: Saga, input: Input): Step | null => {
  if (input === 'timer') return onTimer(saga);
  switch (saga.state) {
    case 'FUNDS_RESERVING':
      switch (input) {
        case 'FundsReserved':
          return enter({ state: 'ITEM_LOCKING', command: 'LockItem', attempt: 0, failure: null });
        case 'FundsReservationFailed':
          return fail('INSUFFICIENT_BALANCE', ['COMPENSATING_FAILED', 'FAILED']); // Nothing was taken.
        default:
          return null;
      }
    case 'ITEM_LOCKING':
      switch (input) {
        case 'ItemLocked':
          return enter({ state: 'FUNDS_TRANSFERRING', command: 'TransferFunds', attempt: 0, failure: null });
        case 'ItemLockFailed':
          return releaseFunds('ITEM_NOT_AVAILABLE');
        default:
          return null;
      }
    case 'FUNDS_TRANSFERRING':
      switch (input) {
        case 'FundsTransferred':
          return enter({ state: 'ITEM_TRANSFERRING', command: 'TransferItem', attempt: 0, failure: null });
        // Not what a wallet says that keeps its word; what was taken goes back all the same.
        case 'FundsReservationFailed':
        case 'FundsReleased':
          return unlockItem('INSUFFICIENT_BALANCE');
        default:
          return null;
      }
    case 'ITEM_TRANSFERRING':
      switch (input) {
        case 'ItemTransferred':
          return complete();
        case 'ItemLockFailed':
        case 'ItemUnlocked':
          return unlockItem('ITEM_NOT_AVAILABLE');
        default:
          return null;
      }
    case 'COMPENSATING_FUNDS_RELEASE':
      return input === 'FundsReleased' ? fail(saga.failure, ['FAILED']) : null;
    case 'COMPENSATING_FULL':
      if (saga.command === 'ReleaseFunds') return input === 'FundsReleased' ? fail(saga.failure, ['FAILED']) : null;
      switch (input) {
        case 'ItemUnlocked':
          return { saga: { ...saga, command: 'ReleaseFunds', attempt: 0 }, entered: [], send: ['ReleaseFunds'] };
        // The item had moved before it could be unlocked: then the money stays where it went, too.
        case 'ItemTransferred':
          return complete();
        default:
          return null;
      }
    case 'COMPLETED':
    case 'FAILED':
      return null;
  }
};

const onTimer = (saga: Saga): Step | null => {
  if (saga.command === null) return null;
  const again = saga.attempt + 1;
  if (compensates(saga) || again < patience.length) {
    return { saga: { ...saga, attempt: again }, entered: [], send: [saga.command] };
  }
  return saga.state === 'FUNDS_RESERVING' ? releaseFunds('TIMED_OUT') : unlockItem('TIMED_OUT');
};

const enter = (saga: Running): Step => ({ saga, entered: [saga.state], send: [saga.command] });
const releaseFunds = (failure: TradeFailure): Step =>
  enter({ state: 'COMPENSATING_FUNDS_RELEASE', command: 'ReleaseFunds', attempt: 0, failure });
const unlockItem = (failure: TradeFailure): Step =>
  enter({ state: 'COMPENSATING_FULL', command: 'UnlockItem', attempt: 0, failure });
const complete = (): Step => ({
  saga: { state: 'COMPLETED', command: null, attempt: 0, failure: null },
  entered: ['COMPLETED'],
  send: ['TradeCompleted'],
});
const fail = (failure: TradeFailure, entered: SagaState[]): Step => ({
  saga: { state: 'FAILED', command: null, attempt: 0, failure },
  entered,
  send: ['TradeFailed'],
});
