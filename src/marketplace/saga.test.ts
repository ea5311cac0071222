import { expect, test } from '@jest/globals';
import { begin, compensates, replies, step, timer, type Input, type Saga, type Step } from './saga.ts';

const inputs: Input[] = [...replies, 'timer'];
const sagas = {
  reserving: { state: 'FUNDS_RESERVING', command: 'ReserveFunds', attempt: 0, failure: null },
  locking: { state: 'ITEM_LOCKING', command: 'LockItem', attempt: 0, failure: null },
  paying: { state: 'FUNDS_TRANSFERRING', command: 'TransferFunds', attempt: 0, failure: null },
  handing: { state: 'ITEM_TRANSFERRING', command: 'TransferItem', attempt: 0, failure: null },
  refunding: {
    state: 'COMPENSATING_FUNDS_RELEASE',
    command: 'ReleaseFunds',
    attempt: 0,
    failure: 'ITEM_NOT_AVAILABLE',
  },
  unlocking: { state: 'COMPENSATING_FULL', command: 'UnlockItem', attempt: 0, failure: 'TIMED_OUT' },
  unlocked: { state: 'COMPENSATING_FULL', command: 'ReleaseFunds', attempt: 0, failure: 'TIMED_OUT' },
  completed: { state: 'COMPLETED', command: null, attempt: 0, failure: null },
  failed: { state: 'FAILED', command: null, attempt: 0, failure: 'TIMED_OUT' },
} satisfies Record<string, Saga>;
type Name = keyof typeof sagas;
const names = Object.keys(sagas) as Name[];

/** What is sent again when the first time is up. */
const again = (saga: Saga): Step | null =>
  saga.command === null ? null : { saga: { ...saga, attempt: 1 }, entered: [], send: [saga.command] };
const to = (saga: Saga, ...entered: Step['entered']): Step => ({
  saga,
  entered: entered.length > 0 ? entered : [saga.state],
  send: [saga.command ?? (saga.state === 'COMPLETED' ? 'TradeCompleted' : 'TradeFailed')],
});
const because = <S extends Saga>(saga: S, failure: NonNullable<Saga['failure']>): S => ({ ...saga, failure });

/** All that an answer does; whatever is not here changes nothing. */
const answers: Record<Name, Partial<Record<Input, Step>>> = {
  reserving: {
    FundsReserved: to(sagas.locking),
    FundsReservationFailed: to(because(sagas.failed, 'INSUFFICIENT_BALANCE'), 'COMPENSATING_FAILED', 'FAILED'),
  },
  locking: { ItemLocked: to(sagas.paying), ItemLockFailed: to(sagas.refunding) },
  paying: {
    FundsTransferred: to(sagas.handing),
    FundsReservationFailed: to(because(sagas.unlocking, 'INSUFFICIENT_BALANCE')),
    FundsReleased: to(because(sagas.unlocking, 'INSUFFICIENT_BALANCE')),
  },
  handing: {
    ItemTransferred: to(sagas.completed),
    ItemLockFailed: to(because(sagas.unlocking, 'ITEM_NOT_AVAILABLE')),
    ItemUnlocked: to(because(sagas.unlocking, 'ITEM_NOT_AVAILABLE')),
  },
  refunding: { FundsReleased: to(because(sagas.failed, 'ITEM_NOT_AVAILABLE')) },
  unlocking: {
    ItemUnlocked: { saga: sagas.unlocked, entered: [], send: ['ReleaseFunds'] },
    ItemTransferred: to(sagas.completed),
  },
  unlocked: { FundsReleased: to(sagas.failed) },
  completed: {},
  failed: {},
};

test.each(names.flatMap((name) => inputs.map((input) => [name, input] as const)))('%s, %s', (name, input) => {
  const expected = input === 'timer' ? again(sagas[name]) : (answers[name][input] ?? null);
  expect(step(sagas[name], input)).toEqual(expected);
});

test('a saga begins by asking for the money', () => {
  expect(begin()).toEqual({
    saga: sagas.reserving,
    entered: ['INITIATED', 'FUNDS_RESERVING'],
    send: ['TradeRequested', 'ReserveFunds'],
  });
});

/** Each time its timer runs out, until it does something else: how long that took, and what it does. */
const unanswered = (from: Saga) => {
  let saga = from;
  for (let waited = 0, sent = 1; ; sent++) {
    waited += timer(saga) ?? NaN;
    const next = step(saga, 'timer');
    if (!next || next.entered.length > 0 || sent > 100) return { waited, sent, next };
    expect(next.send).toEqual([from.command]);
    saga = next.saga;
  }
};

test.each<[Name, Saga]>([
  ['reserving', because(sagas.refunding, 'TIMED_OUT')],
  ['locking', sagas.unlocking],
  ['paying', sagas.unlocking],
  ['handing', sagas.unlocking],
])('%s without an answer is asked three times in the time of a step, then compensated', (name, compensation) => {
  expect(unanswered(sagas[name])).toEqual({ waited: 1, sent: 3, next: to(compensation) });
});

test.each<Name>(['refunding', 'unlocking', 'unlocked'])(
  '%s is asked again for ever, once in the time of a step',
  (name) => {
    const { sent, waited } = unanswered(sagas[name]);
    expect(sent).toBeGreaterThan(100);
    expect(waited / sent).toBeCloseTo(1, 0);
    expect(compensates(sagas[name])).toBe(true);
  },
);

test('what is over has no timer', () => {
  expect([timer(sagas.completed), timer(sagas.failed)]).toEqual([null, null]);
});
