import { expect, test } from '@jest/globals';
import { seeded } from '../../scripts/lib/load/fleet.ts';
import { finish, resolve, view } from '../rules/index.ts';
import { actionId, setupOf } from '../rules/fixtures.ts';
import { createMatch } from '../rules/start.ts';
import { choose, type Seen } from './brain.ts';

test.each([1, 2, 3, 4, 5, 6])('bots play a match to its end by the rules (seed %i)', (seed) => {
  const random = seeded(seed);
  const setup = setupOf(2 + (seed % 5), { seed: `match ${seed}` });
  let { state } = createMatch(setup);
  const tempers = setup.players.map(() => ({ courage: random(), greed: random() }));
  let actions = 0;
  let ms = 500;
  for (; state.ended === null && ms < 300_000; ms += 100) {
    for (const [seat, { playerId }] of setup.players.entries()) {
      const match: Seen = {
        status: state.ended === null ? 'RUNNING' : 'FINISHED',
        board: view(setup, state),
        startedAt: new Date(setup.startedAt).toISOString(),
        serverTime: new Date(setup.startedAt + ms).toISOString(),
      };
      const request = choose(match, playerId, tempers[seat] ?? { courage: 0, greed: 0 }, random);
      if (request === null) continue;
      const asked = { playerId, actionId: actionId(++actions), sealed: false, at: ms };
      const resolution = resolve(setup, state, { ...asked, ...request.payload, type: request.type } as Parameters<
        typeof resolve
      >[2]);
      expect([request, resolution.outcome === 'rejected' ? resolution.code : 'resolved']).toEqual([
        request,
        'resolved',
      ]);
      if (resolution.outcome === 'resolved') ({ state } = resolution);
    }
  }
  const { state: last } = finish(setup, state, 300_000);
  expect(last.ended).not.toBeNull();
  expect(actions).toBeGreaterThan(20);
  // They do fight: somebody falls.
  expect(last.players.some(({ hp }) => hp === 0)).toBe(true);
});

test('the eliminated and those who only watch do nothing', () => {
  const setup = setupOf(2);
  const { state } = createMatch(setup);
  const [first, second] = setup.players;
  const match = {
    status: 'RUNNING' as const,
    board: view(setup, { ...state, players: state.players.map((player) => ({ ...player, hp: 0 })) }),
    startedAt: new Date(setup.startedAt).toISOString(),
    serverTime: new Date(setup.startedAt + 5000).toISOString(),
  };
  const calm = { courage: 0.5, greed: 0.5 };
  for (const player of [first, second]) {
    expect(player && choose(match, player.playerId, calm, Math.random)).toBeNull();
  }
});
