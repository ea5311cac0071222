import { describe, expect, test } from '@jest/globals';
import { accepted, actionOf, playerId, setupOf, stateOf, type Asked } from './fixtures.ts';
import { resolve } from './resolve.ts';
import type { MatchState } from './state.ts';

const setup = setupOf(3);
const attack = { type: 'attack', targetId: playerId(1) } as const;
const north = { type: 'move', direction: 'north' } as const;
const everyType: Asked[] = [north, attack, { type: 'defend' }, { type: 'collect' }];

const codeOf = (state: MatchState, asked: Asked, more = {}, seat = 0) => {
  const resolution = resolve(setup, state, actionOf(seat, asked, more));
  return resolution.outcome === 'rejected' ? resolution.code : 'resolved';
};

describe.each(everyType)('before all else, $type is refused', (asked) => {
  test('to who is not in the match, even when it is over', () => {
    expect(codeOf(stateOf(setup, [], { ended: 'LAST_ALIVE' }), asked, {}, 5)).toBe('NOT_IN_MATCH');
  });

  test.each(['LAST_ALIVE', 'TIME_LIMIT'] as const)('when the match is over (%s), even to the eliminated', (ended) => {
    expect(codeOf(stateOf(setup, [{ hp: 0 }], { ended }), asked)).toBe('MATCH_NOT_ACTIVE');
  });

  test('from the end of its time on, though nobody has ended the match yet', () => {
    expect(codeOf(stateOf(setup, []), asked, { at: 300_000 })).toBe('MATCH_NOT_ACTIVE');
    expect(codeOf(stateOf(setup, []), asked, { at: 299_999 })).not.toBe('MATCH_NOT_ACTIVE');
  });

  test('to the eliminated', () => {
    expect(codeOf(stateOf(setup, [{ hp: 0 }]), asked)).toBe('PLAYER_ELIMINATED');
  });
});

describe('move is BLOCKED', () => {
  test.each([
    ['by the edge', { x: 5, y: 0 }, false],
    ['by a wall', { x: 1, y: 3 }, false],
    ['by a living player', { x: 6, y: 6 }, false],
    ['sealed, by the edge two tiles away', { x: 5, y: 1 }, true],
    ['sealed, by a wall two tiles away', { x: 1, y: 4 }, true],
    ['sealed, by a player on the way', { x: 6, y: 6 }, true],
    ['sealed, by a player at its end', { x: 6, y: 7 }, true],
  ])('%s', (_, from, sealed) => {
    expect(codeOf(stateOf(setup, [from, { x: 6, y: 5 }]), north, { sealed })).toBe('BLOCKED');
  });
});

describe('attack is refused', () => {
  test.each([
    ['INVALID_TARGET', 'against oneself', { type: 'attack', targetId: playerId(0) }, {}],
    ['INVALID_TARGET', 'against who is not in the match', { type: 'attack', targetId: playerId(4) }, {}],
    ['TARGET_DEAD', 'against the eliminated, wherever they lie', attack, { hp: 0, x: 9, y: 9 }],
    ['TARGET_OUT_OF_RANGE', 'over two tiles', attack, { x: 3, y: 1 }],
    ['TARGET_OUT_OF_RANGE', 'over two tiles of a diagonal', attack, { x: 3, y: 2 }],
  ] as const)('%s %s', (code, _, asked, target) => {
    expect(codeOf(stateOf(setup, [{ x: 1, y: 0 }, target]), asked)).toBe(code);
  });

  const walls = [
    { x: 5, y: 4 },
    { x: 4, y: 5 },
  ];
  test.each([
    ['both tiles beside it are walls', walls, 'BLOCKED'],
    ['one of them is', walls.slice(1), 'resolved'],
    ['none of them is', [], 'resolved'],
  ])('BLOCKED on a diagonal, but only between two walls: %s', (_, between, code) => {
    const rules = { ...setup.rules, map: { ...setup.rules.map, walls: between } };
    const fight = { ...setup, rules };
    for (const [from, to] of [
      [
        { x: 4, y: 4 },
        { x: 5, y: 5 },
      ],
      [
        { x: 5, y: 5 },
        { x: 4, y: 4 },
      ],
    ]) {
      const resolution = resolve(fight, stateOf(fight, [from ?? {}, to ?? {}]), actionOf(0, attack));
      expect(resolution.outcome === 'rejected' ? resolution.code : 'resolved').toBe(code);
    }
  });
});

describe('collect is refused', () => {
  test('NOT_A_NODE where nothing is', () => {
    expect(codeOf(stateOf(setup, [{ x: 5, y: 5 }]), { type: 'collect' })).toBe('NOT_A_NODE');
  });

  test('NOT_A_NODE where a spawn point took the place of one', () => {
    expect(codeOf(stateOf(setup, [{ x: 4, y: 9 }]), { type: 'collect' })).toBe('NOT_A_NODE');
  });

  test('NODE_EMPTY on a node until it is full again', () => {
    const board = stateOf(setup, [{ x: 4, y: 3 }], { emptied: [{ x: 4, y: 3, fullAtTick: 11 }] });
    expect(codeOf(board, { type: 'collect' })).toBe('NODE_EMPTY');
  });
});

describe('COOLDOWN', () => {
  const board = (more = {}) =>
    stateOf(setup, [
      { x: 4, y: 3, ...more },
      { x: 5, y: 3 },
    ]);

  test.each([
    [{ type: 'move', direction: 'south' }, 200],
    [attack, 500],
    [{ type: 'collect' }, 500],
    [{ type: 'defend' }, 3000],
  ] as const)('after $type', (asked, pace) => {
    const first = accepted(setup, board(), actionOf(0, asked, { at: 1000 }));
    // A node that is full and a drop, so that only the pace speaks against the second action.
    const state = { ...first.state, emptied: [], drops: [{ x: 4, y: 3, amount: 1 }] };
    const early = resolve(setup, state, actionOf(0, asked, { at: 1000 + pace - 1 }));
    expect(early).toMatchObject({ outcome: 'rejected', code: 'COOLDOWN', retryAfterMs: 1 });
    const atOnce = resolve(setup, state, actionOf(0, asked, { at: 1000 }));
    expect(atOnce).toMatchObject({ code: 'COOLDOWN', retryAfterMs: pace });
    expect(resolve(setup, state, actionOf(0, asked, { at: 1000 + pace })).outcome).toBe('resolved');
  });

  test('is of a kind of action and of a player', () => {
    const { state } = accepted(setup, board(), actionOf(0, attack));
    expect(codeOf(state, { type: 'defend' })).toBe('resolved');
    expect(codeOf(state, { type: 'attack', targetId: playerId(0) }, {}, 1)).toBe('resolved');
  });

  const waiting = { readyAt: { move: 9000, attack: 9000, defend: 9000, collect: 9000 } };
  test.each([
    ['BLOCKED', { type: 'move', direction: 'east' }],
    ['INVALID_TARGET', { type: 'attack', targetId: playerId(0) }],
    ['TARGET_OUT_OF_RANGE', { type: 'attack', targetId: playerId(2) }],
    ['NODE_EMPTY', { type: 'collect' }],
  ] as const)('is told after %s', (code, asked) => {
    const state = { ...board(waiting), emptied: [{ x: 4, y: 3, fullAtTick: 999 }] };
    expect(codeOf(state, asked)).toBe(code);
  });

  test('is not spent by a refused action', () => {
    const state = board();
    const before = structuredClone(state);
    expect(codeOf(state, { type: 'move', direction: 'east' })).toBe('BLOCKED');
    expect(state).toEqual(before);
    expect(codeOf(state, { type: 'move', direction: 'west' })).toBe('resolved');
  });
});

test('attack: dead is told before out of range, out of range before the wall', () => {
  expect(
    codeOf(
      stateOf(setup, [
        { x: 2, y: 2 },
        { x: 9, y: 9, hp: 0 },
      ]),
      attack,
    ),
  ).toBe('TARGET_DEAD');
  expect(
    codeOf(
      stateOf(setup, [
        { x: 3, y: 3 },
        { x: 1, y: 1 },
      ]),
      attack,
    ),
  ).toBe('TARGET_OUT_OF_RANGE');
});
