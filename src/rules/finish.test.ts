import { describe, expect, test } from '@jest/globals';
import { MatchFinished } from '../contracts/events.ts';
import { accepted, actionOf, playerId, seatOf, setupOf, stateOf } from './fixtures.ts';
import { finish, matchResult } from './finish.ts';

const setup = setupOf(4);
const limit = 300_000;

describe('at the time limit', () => {
  test.each([
    ['the highest score wins', [{ score: 5 }, { score: 9 }, { score: 7 }, {}], [1]],
    ['of the same score the higher hp wins', [{ score: 9, hp: 40 }, { score: 9, hp: 60 }, {}, {}], [1]],
    [
      'all with the same score and hp win',
      [{ score: 9, hp: 60 }, {}, { score: 9, hp: 60 }, { score: 9, hp: 2 }],
      [0, 2],
    ],
    ['nobody who did anything: all win', [{}, {}, {}, {}], [0, 1, 2, 3]],
    ['only the living win, whatever the fallen had', [{ score: 999, hp: 0 }, { score: 1 }, {}, {}], [1]],
    ['the bonus does not change who is first of the living', [{ score: 10 }, { score: 34, hp: 0 }, {}, {}], [0]],
  ])('%s', (_, players, winners) => {
    const { state, events } = finish(setup, stateOf(setup, players), limit);
    const result = matchResult(setup, state);
    expect(result?.winners).toEqual(winners.map(playerId));
    expect(result).toMatchObject({ draw: winners.length > 1, reason: 'TIME_LIMIT' });
    expect(events).toMatchObject([{ type: 'MatchFinished', payload: { result } }]);
  });

  test('the living get 25, and each is told how it ended with what it holds', () => {
    const board = stateOf(setup, [
      { score: 100, hp: 0, resources: 51 },
      { score: 9, resources: 7 },
      { score: 5, hp: 3 },
      {},
    ]);
    const { state } = finish(setup, board, limit);
    expect(matchResult(setup, state)?.scores).toMatchObject([
      { playerId: playerId(1), score: 34, hp: 100, resources: 7, outcome: 'WINNER', username: 'player-1', bot: false },
      { playerId: playerId(2), score: 30, hp: 3, resources: 0, outcome: 'SURVIVOR' },
      { playerId: playerId(3), score: 25, hp: 100, resources: 0, outcome: 'SURVIVOR' },
      { playerId: playerId(0), score: 100, hp: 0, resources: 51, outcome: 'ELIMINATED' },
    ]);
  });

  test('the last event says when and from which seed', () => {
    const { state, events } = finish(setup, stateOf(setup, [], { seq: 9, tick: 17 }), limit + 1234);
    expect(state).toMatchObject({ seq: 10, tick: 3000, ended: 'TIME_LIMIT' });
    const payload = { seq: 10, tick: 3000, finishedAt: '2026-01-01T00:05:00.000Z', seed: setup.seed };
    expect(events).toMatchObject([{ type: 'MatchFinished', payload }]);
    expect(MatchFinished.shape.payload.parse(events[0]?.payload)).toEqual(events[0]?.payload);
  });

  test('before it nothing happens, and after the end nothing more', () => {
    const running = stateOf(setup, []);
    expect(finish(setup, running, limit - 1)).toEqual({ state: running, events: [] });
    expect(matchResult(setup, running)).toBeNull();
    const before = structuredClone(running);
    const ended = finish(setup, running, limit);
    expect(running).toEqual(before);
    expect(finish(setup, ended.state, limit + 1)).toEqual({ state: ended.state, events: [] });
  });
});

describe('the last one alive', () => {
  const board = stateOf(setup, [
    { x: 5, y: 5, hp: 1 },
    { x: 5, y: 6, hp: 1, score: 900, resources: 10 },
    { hp: 0 },
    { hp: 0 },
  ]);
  const { state, events } = accepted(
    setup,
    board,
    actionOf(0, { type: 'attack', targetId: playerId(1) }, { at: 61_250 }),
  );

  test('wins, whatever the fallen had', () => {
    expect(matchResult(setup, state)).toMatchObject({ winners: [playerId(0)], draw: false, reason: 'LAST_ALIVE' });
    expect(matchResult(setup, state)?.scores[0]).toMatchObject({ outcome: 'WINNER', score: 1 + 100 + 25 });
    expect(seatOf(state, 1)).toMatchObject({ score: 900, resources: 5 });
  });

  test('ends the match at the tick of the blow', () => {
    expect(events.at(-1)).toMatchObject({
      type: 'MatchFinished',
      payload: { tick: 612, finishedAt: '2026-01-01T00:01:01.200Z', result: { reason: 'LAST_ALIVE' } },
    });
  });
});
