import { describe, expect, test } from '@jest/globals';
import { playerId, setupOf, stateOf } from './fixtures.ts';
import { isReady, options } from './options.ts';
import type { MatchState } from './state.ts';
import { view } from './view.ts';

const setup = setupOf(3);
const seen = (state: MatchState, seat = 0, tilesOfMove = 1) =>
  options(view(setup, state), playerId(seat), state.tick, tilesOfMove);

test('directions are those that a wall, the edge or a living player does not block', () => {
  expect(
    seen(
      stateOf(setup, [
        { x: 0, y: 1 },
        { x: 0, y: 2 },
      ]),
    ).directions,
  ).toEqual(['north']);
  expect(
    seen(
      stateOf(setup, [
        { x: 0, y: 1 },
        { x: 0, y: 2, hp: 0 },
      ]),
    ).directions,
  ).toEqual(['north', 'south']);
  expect(seen(stateOf(setup, [{ x: 3, y: 2 }]), 0, 2).directions).toEqual(['north', 'south', 'east']);
});

test('targets are the living within reach', () => {
  expect(
    seen(
      stateOf(setup, [
        { x: 5, y: 5 },
        { x: 6, y: 6 },
        { x: 5, y: 7 },
      ]),
    ).targets,
  ).toEqual([playerId(1)]);
  expect(
    seen(
      stateOf(setup, [
        { x: 5, y: 5 },
        { x: 6, y: 6, hp: 0 },
        { x: 4, y: 5 },
      ]),
    ).targets,
  ).toEqual([playerId(2)]);
});

describe('collect', () => {
  test.each([
    ['on a full node', [], 100, true],
    ['not on an empty one', [{ x: 4, y: 3, fullAtTick: 101 }], 100, false],
    ['on one that is full again', [{ x: 4, y: 3, fullAtTick: 100 }], 100, true],
  ])('%s', (_, emptied, tick, expected) => {
    expect(seen(stateOf(setup, [{ x: 4, y: 3 }], { emptied, tick })).collect).toBe(expected);
  });

  test('of what was left, also on an empty node; not of nothing', () => {
    const at = { x: 4, y: 3 };
    const left = { emptied: [{ ...at, fullAtTick: 101 }], drops: [{ ...at, amount: 1 }] };
    expect(seen(stateOf(setup, [at], left)).collect).toBe(true);
    expect(seen(stateOf(setup, [{ x: 5, y: 5 }], left)).collect).toBe(false);
  });
});

test('the eliminated and who only watches may do nothing', () => {
  const nothing = { directions: [], targets: [], collect: false, defend: false };
  expect(seen(stateOf(setup, [{ hp: 0 }]))).toEqual(nothing);
  expect(seen(stateOf(setup, []), 5)).toEqual(nothing);
});

test('a kind of action is ready from the first tick that lies wholly after the cooldown', () => {
  const board = view(setup, stateOf(setup, [{ readyAt: { move: 1234, attack: 0, defend: 0, collect: 0 } }]));
  expect([12, 13].map((tick) => isReady(board, playerId(0), 'move', tick))).toEqual([false, true]);
  expect(isReady(board, playerId(0), 'attack', 0)).toBe(true);
});
