import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { aCorrelation, aPlayer, createGameDatabase, noRelay, type GameDatabase } from '../../tests/games.ts';
import type { PlayerId } from '../contracts/ids.ts';
import type { Database } from '../platform/database/database.ts';
import { defaultRules } from '../rules/index.ts';
import { Lobby } from './lobby.ts';

/** Real: PostgreSQL. Each replica of game is a lobby with connections of its own. */
let db: GameDatabase;
let owner: Database;
let lobbies: [Lobby, Lobby, Lobby];
beforeAll(async () => {
  db = await createGameDatabase();
  owner = await db.as('owner');
  const one = async () => new Lobby(await db.as('game'), noRelay, defaultRules);
  lobbies = [await one(), await one(), await one()];
});
beforeEach(async () => {
  await owner.query({ text: 'truncate matches, match_players, outbox' });
});
afterAll(() => db.drop());

const join = (playerId: PlayerId, replica = 0) =>
  (lobbies[replica % 3] ?? lobbies[0]).join(
    { playerId, username: `p-${playerId.slice(0, 8)}`, bot: false },
    aCorrelation(),
  );
const all = () =>
  owner.query<{ status: string; players: number }>({
    text: `select m.status, count(p.player_id)::int as players from matches m
           left join match_players p on p.match_id = m.id group by m.id order by players desc`,
  });
const overdue = () => owner.query({ text: `update matches set lobby_ends_at = now() - interval '1 s'` });
const settleEverywhere = () => Promise.all([...lobbies, ...lobbies].map((one) => one.settleOverdue()));
const events = async () =>
  (await owner.query<{ type: string }>({ text: `select value::jsonb ->> 'type' as type from outbox order by id` })).map(
    ({ type }) => type,
  );

test('fifty who come at once through three replicas fill lobbies of six, nobody twice, nobody lost', async () => {
  const players = Array.from({ length: 50 }, aPlayer);
  await Promise.all(players.map(join));
  expect(await all()).toEqual([
    ...Array.from({ length: 8 }, () => ({ status: 'RUNNING', players: 6 })),
    { status: 'PENDING', players: 2 },
  ]);
  const seated = await owner.query<{ player_id: PlayerId }>({ text: 'select player_id from match_players' });
  expect(seated.map(({ player_id }) => player_id).toSorted()).toEqual(players.toSorted());
  expect(await events()).toEqual(Array(8).fill('MatchStarted'));
});

test('the same player many times at once is in one lobby once, and comes back to its running match', async () => {
  const playerId = aPlayer();
  const joins = await Promise.all(Array.from({ length: 12 }, (_, replica) => join(playerId, replica)));
  expect(new Set(joins.map(({ matchId }) => matchId)).size).toBe(1);
  expect(joins.filter(({ joined }) => joined)).toHaveLength(1);
  expect(await all()).toEqual([{ status: 'PENDING', players: 1 }]);
  await join(aPlayer());
  await overdue();
  await settleEverywhere();
  expect(await join(playerId)).toEqual({ matchId: joins[0]?.matchId, joined: false });
});

test('at the deadline a lobby of one is cancelled, once, and its player is free', async () => {
  const playerId = aPlayer();
  const { matchId } = await join(playerId);
  await overdue();
  await settleEverywhere();
  expect(await all()).toEqual([{ status: 'CANCELLED', players: 1 }]);
  expect(await events()).toEqual(['MatchCancelled']);
  const next = await join(playerId);
  expect(next.joined).toBe(true);
  expect(next.matchId).not.toBe(matchId);
});

test('at the deadline a lobby of two starts, once; before it stays open; who comes late gets another', async () => {
  await join(aPlayer());
  await join(aPlayer(), 1);
  await settleEverywhere();
  expect(await all()).toEqual([{ status: 'PENDING', players: 2 }]);
  await overdue();
  await Promise.all([settleEverywhere(), join(aPlayer())]);
  const after = await all();
  expect(after.filter(({ status }) => status === 'RUNNING')).toHaveLength(1);
  expect(after.reduce((sum, { players }) => sum + players, 0)).toBe(3);
  expect(await events()).toEqual(['MatchStarted']);
});
