import { expect, test } from '@jest/globals';
import { BoardView } from '../contracts/match.ts';
import { playerId, setupOf, stateOf } from './fixtures.ts';
import { view } from './view.ts';

const weapon = { itemId: 'steel_sword', damage: 10 };
const base = setupOf(2);
const setup = { ...base, players: base.players.map((player) => ({ ...player, weapon, bot: true })) };
const shielded = { x: 4, y: 3, hp: 60, score: 70, resources: 5, shield: 20, shieldUntilTick: 110 };

test('the board shows all that everybody may know, as the contract has it', () => {
  const state = stateOf(setup, [shielded, { hp: 0 }], {
    tick: 100,
    emptied: [
      { x: 4, y: 0, fullAtTick: 100 },
      { x: 4, y: 3, fullAtTick: 250 },
    ],
    drops: [{ x: 5, y: 5, amount: 33 }],
  });
  const board = view(setup, state);
  expect(BoardView.parse(board)).toEqual(board);
  expect(board).toMatchObject({ tick: 100, tickMs: 100, gridSize: 10, cooldownMs: setup.rules.cooldownMs });
  expect(board.players).toMatchObject([
    { playerId: playerId(0), username: 'player-0', bot: true, seat: 0, ...shielded, alive: true, weapon },
    { playerId: playerId(1), seat: 1, hp: 0, alive: false },
  ]);
  expect(board.nodes).toHaveLength(9);
  expect(board.nodes).toEqual(
    expect.arrayContaining([
      { x: 4, y: 0, kind: 'node', amount: null, fullAtTick: 0 },
      { x: 4, y: 3, kind: 'node', amount: null, fullAtTick: 250 },
      { x: 5, y: 5, kind: 'drop', amount: 33, fullAtTick: 0 },
    ]),
  );
  expect(JSON.stringify(board)).not.toContain(setup.seed);
});

test('a shield that is over or used up is not shown', () => {
  expect(view(setup, stateOf(setup, [shielded], { tick: 110 })).players[0]).toMatchObject({
    shield: 0,
    shieldUntilTick: 0,
  });
  expect(view(setup, stateOf(setup, [{ ...shielded, shield: 0 }])).players[0]).toMatchObject({ shieldUntilTick: 0 });
});
