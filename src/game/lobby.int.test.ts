import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { aCorrelation, aPlayer, createGameDatabase, noRelay, noWeapons, type GameDatabase } from '../../tests/games.ts';
import type { PlayerId } from '../contracts/ids.ts';
import type { Database } from '../platform/database/database.ts';
import { defaultRules, type MatchSetup } from '../rules/index.ts';
import { Lobby } from './lobby.ts';
import type { Weapons } from './weapons.ts';

/** Real: PostgreSQL. Each replica of game is a lobby with connections of its own. */
let db: GameDatabase;
let owner: Database;
let lobbies: [Lobby, Lobby, Lobby];
beforeAll(async () => {
  db = await createGameDatabase();
  owner = await db.as('owner');
  const one = async () => new Lobby(await db.as('game'), noRelay, noWeapons, defaultRules);
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
const bot = (replica = 0) =>
  (lobbies[replica % 3] ?? lobbies[0]).join({ playerId: aPlayer(), username: 'bot', bot: true }, aCorrelation());
const armed = async (weapons: Weapons) => new Lobby(await db.as('game'), noRelay, weapons, defaultRules);
const all = () =>
  owner.query<{ status: string; players: number }>({
    text: `select m.status, count(p.player_id)::int as players from matches m
           left join match_players p on p.match_id = m.id group by m.id order by players desc`,
  });
const overdue = () => owner.query({ text: `update matches set lobby_ends_at = now() - interval '1 s'` });
const inSeconds = (seconds: number) =>
  owner.query({ text: 'update matches set lobby_ends_at = now() + make_interval(secs => $1)' }, [seconds]);
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

test('players start with the weapons they have', async () => {
  const players = [aPlayer(), aPlayer()] as const;
  const rare = { itemId: 'rare_sword_01', damage: 20 };
  const asked: PlayerId[][] = [];
  const lobby = await armed(async (playerIds) => {
    asked.push(playerIds);
    return new Map([[players[1], rare]]);
  });
  for (const playerId of players) await join(playerId);
  await overdue();
  await lobby.settleOverdue();
  expect(asked.map((each) => each.toSorted())).toEqual([players.toSorted()]);
  const [row] = await owner.query<{ setup: MatchSetup }>({ text: 'select setup from matches' });
  expect(row?.setup.players.map(({ playerId, weapon }) => [playerId, weapon])).toEqual([
    [players[0], null],
    [players[1], rare],
  ]);
});

test('while the weapons are asked for a full lobby takes nobody more, and nothing is locked', async () => {
  const { promise: answered, resolve: answer } = Promise.withResolvers<ReadonlyMap<PlayerId, null>>();
  const slow = await armed(() => answered);
  for (let player = 0; player < 5; player++) await join(aPlayer());
  const sixth = slow.join({ playerId: aPlayer(), username: 'sixth', bot: false }, aCorrelation());
  const seated = async () => (await all()).some(({ players }) => players === 6);
  for (let tries = 0; tries < 200 && !(await seated()); tries++) await sleep(10);
  await join(aPlayer(), 1);
  expect(await all()).toEqual([
    { status: 'PENDING', players: 6 },
    { status: 'PENDING', players: 1 },
  ]);
  answer(new Map());
  await sixth;
  expect(await all()).toEqual([
    { status: 'RUNNING', players: 6 },
    { status: 'PENDING', players: 1 },
  ]);
});

test('a full lobby whose start failed is started by whoever looks next', async () => {
  const broken = await armed(() => Promise.reject(new Error('broken')));
  for (let player = 0; player < 5; player++) await join(aPlayer());
  await broken.join({ playerId: aPlayer(), username: 'sixth', bot: false }, aCorrelation());
  expect(await all()).toEqual([{ status: 'PENDING', players: 6 }]);
  await settleEverywhere();
  expect(await all()).toEqual([{ status: 'RUNNING', players: 6 }]);
  expect(await events()).toEqual(['MatchStarted']);
});

test('who joined after the weapons were asked for is not without: the next look starts the match', async () => {
  const [early, late] = [aPlayer(), aPlayer()];
  const { matchId } = await join(early);
  const slow = await armed(async () => {
    await owner.query({ text: `insert into match_players (match_id, player_id, username) values ($1, $2, 'late')` }, [
      matchId,
      late,
    ]);
    return new Map();
  });
  await overdue();
  await slow.settleOverdue();
  expect(await all()).toEqual([{ status: 'PENDING', players: 2 }]);
  await settleEverywhere();
  expect(await all()).toEqual([{ status: 'RUNNING', players: 2 }]);
});

test('bots fill a lobby with people to four in its last ten seconds, and never open one', async () => {
  await expect(bot()).rejects.toMatchObject({ code: 'NO_LOBBY', status: 409 });
  await join(aPlayer());
  await inSeconds(12);
  await expect(bot()).rejects.toMatchObject({ code: 'NO_LOBBY' });
  await inSeconds(9);
  const bots = await Promise.allSettled(Array.from({ length: 6 }, (_, replica) => bot(replica)));
  expect(bots.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  expect(await all()).toEqual([{ status: 'PENDING', players: 4 }]);
  const marked = await owner.query({ text: 'select bot from match_players order by joined_at' });
  expect(marked).toEqual([false, true, true, true].map((is) => ({ bot: is })));
  // People have their places all the same.
  await join(aPlayer());
  await join(aPlayer());
  expect(await all()).toEqual([{ status: 'RUNNING', players: 6 }]);
});

test('bots stay away from a lobby that has four people, or none', async () => {
  const { matchId } = await join(aPlayer());
  await inSeconds(9);
  await owner.query({ text: 'update match_players set bot = true' });
  await expect(bot()).rejects.toMatchObject({ code: 'NO_LOBBY' });
  await owner.query({ text: 'update match_players set bot = false' });
  for (let player = 0; player < 3; player++) expect((await join(aPlayer())).matchId).toBe(matchId);
  await expect(bot()).rejects.toMatchObject({ code: 'NO_LOBBY' });
});
