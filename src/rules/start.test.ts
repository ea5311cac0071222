import { expect, test } from '@jest/globals';
import { MatchStarted } from '../contracts/events.ts';
import { playerId, setupOf } from './fixtures.ts';
import { defaultMap, spawnsOf } from './map.ts';
import { createMatch } from './start.ts';

test.each([2, 3, 4, 5, 6])('%i players start with full hp and nothing else, each on a spawn point', (players) => {
  const { state } = createMatch(setupOf(players));
  const taken = state.players.map(({ x, y }) => ({ x, y }));
  expect(taken).toHaveLength(players);
  expect(taken).toEqual(expect.arrayContaining(spawnsOf(defaultMap, players)));
  for (const player of state.players) expect(player).toMatchObject({ hp: 100, score: 0, resources: 0, shield: 0 });
  expect(state).toMatchObject({ seq: 1, tick: 0, ended: null, drops: [], emptied: [] });
});

test('MatchStarted is the first event and shows the board, but nothing of the seed', () => {
  const setup = setupOf(3);
  const { events } = createMatch(setup);
  expect(events).toHaveLength(1);
  const [started] = events;
  expect(MatchStarted.shape.payload.parse(started?.payload)).toEqual(started?.payload);
  expect(started).toMatchObject({
    type: 'MatchStarted',
    payload: { seq: 1, tick: 0, startedAt: '2026-01-01T00:00:00.000Z', endsAt: '2026-01-01T00:05:00.000Z' },
  });
  expect(JSON.stringify(events)).not.toContain(setup.seed);
});

test('who starts where is drawn from the seed, and evenly', () => {
  const counts = new Map<string, number>();
  for (let number = 0; number < 2400; number += 1) {
    createMatch(setupOf(4, { seed: `seed ${number}` })).state.players.forEach(({ x, y }, seat) => {
      const place = `${seat} at ${x},${y}`;
      counts.set(place, (counts.get(place) ?? 0) + 1);
    });
  }
  expect(counts.size).toBe(16);
  for (const count of counts.values()) expect(Math.abs(count - 600)).toBeLessThan(100);
});

test('a number of players that the map is not for is a mistake of the caller', () => {
  expect(() => createMatch(setupOf(1))).toThrow('no spawn points for 1 players');
  expect(() => createMatch(setupOf(7))).toThrow('no spawn points for 7 players');
});

test('seats are in the order of joining', () => {
  const [started] = createMatch(setupOf(2)).events;
  expect(started?.type === 'MatchStarted' ? started.payload.board.players : []).toMatchObject([
    { seat: 0, playerId: playerId(0) },
    { seat: 1, playerId: playerId(1) },
  ]);
});
