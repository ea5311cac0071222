import { expect, test } from '@jest/globals';
import { decide, type Effect, type FundsCommand, type FundsReply, type HoldState } from './holds.ts';

type Command = FundsCommand['type'];
/** What each of these commands does and is answered, one after the other. */
const run = (commands: Command[], affordable = true): [Effect | null, FundsReply | null][] => {
  let state: HoldState | null = null;
  return commands.map((command) => {
    const decision = decide(state, command, affordable);
    state = decision.state;
    return [decision.effect, decision.reply];
  });
};
const [reserve, transfer, release, complete] = [
  'ReserveFunds',
  'TransferFunds',
  'ReleaseFunds',
  'TradeCompleted',
] as const;

test.each<[string, Command[], [Effect | null, FundsReply | null][]]>([
  [
    'a trade that is completed',
    [reserve, transfer, complete],
    [
      ['HOLD', 'FundsReserved'],
      ['TRANSFER', 'FundsTransferred'],
      ['SETTLE', null],
    ],
  ],
  [
    'released before the transfer',
    [reserve, release],
    [
      ['HOLD', 'FundsReserved'],
      ['FREE', 'FundsReleased'],
    ],
  ],
  [
    'released after the transfer',
    [reserve, transfer, release],
    [
      ['HOLD', 'FundsReserved'],
      ['TRANSFER', 'FundsTransferred'],
      ['REFUND', 'FundsReleased'],
    ],
  ],
  [
    'every command twice',
    [reserve, reserve, transfer, transfer, complete, complete],
    [
      ['HOLD', 'FundsReserved'],
      [null, 'FundsReserved'],
      ['TRANSFER', 'FundsTransferred'],
      [null, 'FundsTransferred'],
      ['SETTLE', null],
      [null, null],
    ],
  ],
  [
    'a release that comes before its reservation leaves a tombstone that refuses it',
    [release, reserve, transfer, release],
    [
      [null, 'FundsReleased'],
      [null, 'FundsReservationFailed'],
      [null, 'FundsReleased'],
      [null, 'FundsReleased'],
    ],
  ],
  [
    'commands that come late after the release',
    [reserve, transfer, release, transfer, reserve, release],
    [
      ['HOLD', 'FundsReserved'],
      ['TRANSFER', 'FundsTransferred'],
      ['REFUND', 'FundsReleased'],
      [null, 'FundsReleased'],
      [null, 'FundsReservationFailed'],
      [null, 'FundsReleased'],
    ],
  ],
  [
    'a transfer without a reservation',
    [transfer, reserve, release],
    [
      [null, 'FundsReservationFailed'],
      [null, 'FundsReservationFailed'],
      [null, 'FundsReleased'],
    ],
  ],
  [
    'commands that come late after the end',
    [reserve, transfer, complete, reserve, transfer, release],
    [
      ['HOLD', 'FundsReserved'],
      ['TRANSFER', 'FundsTransferred'],
      ['SETTLE', null],
      [null, 'FundsReserved'],
      [null, 'FundsTransferred'],
      [null, 'FundsTransferred'],
    ],
  ],
])('%s', (_name, commands, decisions) => {
  expect(run(commands)).toEqual(decisions);
});

test('what could not be afforded stays refused, and there is nothing to give back', () => {
  expect(run([reserve], false)).toEqual([[null, 'FundsReservationFailed']]);
  expect(decide('REFUSED', reserve, true)).toEqual({
    state: 'REFUSED',
    effect: null,
    reply: 'FundsReservationFailed',
  });
  expect(decide('REFUSED', release, true)).toEqual({ state: 'REFUSED', effect: null, reply: 'FundsReleased' });
});

test.each([null, 'RESERVED', 'REFUSED', 'RELEASED'] as const)('a trade can not be completed from %p', (state) => {
  expect(() => decide(state, complete, true)).toThrow('completed');
});
