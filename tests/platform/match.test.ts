import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ApiClient, PlayerClient, type LiveSocket } from '../../scripts/lib/load/client.ts';
import type { Platform, Replica } from '../../scripts/lib/platform.ts';
import type { MatchHistory } from '../../src/contracts/api.ts';
import type { Inventory } from '../../src/contracts/economy.ts';
import { ActionId, type MatchId, type PlayerId } from '../../src/contracts/ids.ts';
import type { ActionAcknowledgement } from '../../src/contracts/live.ts';
import type { ActionRequest, Direction, MatchView, PlayerView } from '../../src/contracts/match.ts';
import type { MatchReplay } from '../../src/contracts/replay.ts';
import { startTestPlatform } from '../platform.ts';
import { audit, gameDatabase } from './audit.ts';
import { lasting } from './crowd.ts';
import { Economy } from './economy.ts';
import { unlimited } from './settings.ts';
import { actAt, connectTo, inCapitals, sitDown, until, untilStatus } from './table.ts';
import { Witness } from './witness.ts';

// Real: everything. A small board on which the players stand beside each other, so that a match is over soon.
const rules = {
  lobbySeconds: 6,
  matchSeconds: 15,
  maxPlayers: 4,
  hp: 40,
  criticalPercent: 0,
  map: {
    gridSize: 4,
    walls: [{ x: 0, y: 3 }],
    nodes: [
      { x: 0, y: 1 },
      { x: 1, y: 1 },
      { x: 2, y: 1 },
    ],
    spawns: [
      [
        { x: 0, y: 0 },
        { x: 1, y: 0 },
      ],
      [
        { x: 0, y: 0 },
        { x: 1, y: 0 },
        { x: 3, y: 3 },
      ],
      [
        { x: 0, y: 0 },
        { x: 1, y: 0 },
        { x: 2, y: 0 },
        { x: 3, y: 0 },
      ],
    ],
  },
};

let platform: Platform;
let api: ApiClient;
let replicas: [Replica, Replica, Replica];

beforeAll(async () => {
  platform = await startTestPlatform({ replicas: { game: 3, combat: 3 }, rules, env: unlimited });
  api = new ApiClient(platform.gatewayUrl);
  const [first, second, third] = platform.of('game');
  if (!first || !second || !third) throw new Error('three replicas of game were asked for');
  replicas = [first, second, third];
});
const sockets: LiveSocket[] = [];
afterAll(async () => {
  for (const socket of sockets) socket.disconnect();
  await api.close();
  await platform.stop();
});

const newKey = () => ActionId.parse(randomUUID());
const attack = (targetId: PlayerId): ActionRequest => ({ type: 'attack', payload: { targetId } });
const move = (direction: Direction): ActionRequest => ({ type: 'move', payload: { direction } });
const defend: ActionRequest = { type: 'defend' };
const collect: ActionRequest = { type: 'collect' };

const refusal = (answer: ActionAcknowledgement) => [answer.status, 'error' in answer.body ? answer.body.error : 'none'];

/** Sends until the pace of the game lets it through. */
const patiently = async (send: (key: ActionId) => Promise<ActionAcknowledgement>): Promise<ActionAcknowledgement> => {
  for (;;) {
    const answer = await send(newKey());
    if (!('error' in answer.body) || answer.body.error !== 'COOLDOWN') return answer;
    await sleep(answer.body.retryAfterMs ?? 50);
  }
};
const post = (player: PlayerClient, request: ActionRequest) => patiently((key) => player.post(request, key));

const standingAt = ({ board }: MatchView, x: number, y: number): PlayerView => {
  const found = board?.players.find((player) => player.x === x && player.y === y);
  if (!found) throw new Error(`nobody at ${x},${y}`);
  return found;
};

test('two register, meet in the lobby, play to the end over HTTP and the live connection, and see who won', async () => {
  const name = () => `P_${randomUUID().slice(0, 8)}`;
  const password = 'correct horse';
  const names = [name(), name()] as const;
  const one = await PlayerClient.register(api, { username: names[0], password });
  const two = await PlayerClient.register(api, { username: names[1], password });
  const lobby = await one.join();
  expect(lobby).toMatchObject({ status: 'PENDING', gridSize: 4, players: [{ username: names[0] }] });
  const witnesses = [new Witness(lobby.matchId), new Witness(lobby.matchId)] as const;
  expect(await one.connect((socket) => witnesses[0].listen(socket))).toMatchObject({ status: 'PENDING' });
  const second = await two.join();
  expect(second).toMatchObject({ matchId: lobby.matchId, status: 'PENDING' });
  expect(second.players.map(({ username }) => username)).toEqual(names);
  await two.connect((socket) => witnesses[1].listen(socket));
  // Whoever calls again is where it was.
  expect((await one.join()).matchId).toBe(lobby.matchId);
  await untilStatus(one, 'RUNNING');
  expect(await one.join()).toMatchObject({ matchId: lobby.matchId, status: 'RUNNING' });
  const replay = () => api.call<MatchReplay>('GET', `/matches/${lobby.matchId}/replay`);
  expect(await replay()).toMatchObject({ status: 409, body: { error: 'MATCH_NOT_FINISHED' } });

  expect(await post(one, attack(two.playerId))).toMatchObject({
    status: 200,
    body: { type: 'attack', sealed: false, result: { damage: 20, targetHp: 20, eliminated: false } },
  });
  expect(await patiently((key) => two.act(attack(one.playerId), key))).toMatchObject({ status: 200 });
  expect(await post(one, attack(two.playerId))).toMatchObject({
    status: 200,
    body: { result: { damage: 20, targetHp: 0, eliminated: true } },
  });

  const end = await untilStatus(one, 'FINISHED');
  expect(end.result).toMatchObject({ winners: [one.playerId], draw: false, reason: 'LAST_ALIVE' });
  expect(end.result?.scores).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ username: names[0], outcome: 'WINNER', score: 40 + 100 + 25, hp: 20 }),
      expect.objectContaining({ username: names[1], outcome: 'ELIMINATED', score: 20, hp: 0 }),
    ]),
  );
  expect(end.seed).not.toBeNull();
  for (const witness of witnesses) {
    await until('match.finished came', () => witness.result);
    expect(witness.result).toEqual(end.result);
    expect(witness.seen).toEqual(Array.from({ length: end.seq }, (_, index) => index + 1));
    expect(witness.trouble).toEqual([]);
  }

  // Anybody sees it again, from its start.
  const { status, body: again } = await replay();
  expect(status).toBe(200);
  expect(again.match).toMatchObject({ matchId: lobby.matchId, seed: end.seed, result: end.result });
  expect(again.events.map(({ payload }) => payload.seq)).toEqual(
    Array.from({ length: end.seq }, (_, index) => index + 1),
  );

  for (const [player, outcome] of [
    [one, 'WINNER'],
    [two, 'ELIMINATED'],
  ] as const) {
    const history = await api.call<MatchHistory>('GET', '/matches?limit=5', { token: player.session.accessToken });
    expect(history).toMatchObject({
      status: 200,
      body: { total: 1, page: 1, items: [{ matchId: lobby.matchId, outcome }] },
    });
  }
  // The next match is another one.
  const next = await one.join();
  expect(next).toMatchObject({ status: 'PENDING' });
  expect(next.matchId).not.toBe(lobby.matchId);
  expect((await two.join()).matchId).toBe(next.matchId);
  const both = await api.call<MatchHistory>('GET', '/matches?page=2&limit=1', { token: one.session.accessToken });
  expect(both.body).toMatchObject({ total: 2, page: 2, items: [{ matchId: lobby.matchId }] });
  one.close();
  two.close();
  await untilStatus(one, 'RUNNING');
});

test('what the rules refuse is refused with the rule', async () => {
  const { matchId, players, view } = await sitDown(api, 3);
  const at = (x: number, y: number) => {
    const { playerId } = standingAt(view, x, y);
    const player = players.find((each) => each.playerId === playerId);
    if (!player) throw new Error('not one of ours');
    return player;
  };
  const [corner, beside, far] = [at(0, 0), at(1, 0), at(3, 3)];
  const refused = async (player: PlayerClient, request: ActionRequest, code: string, status = 409) => {
    const key = newKey();
    const answer = await player.post(request, key);
    expect(refusal(answer)).toEqual([status, code]);
    // A refusal is kept too.
    expect(lasting(await player.post(request, key))).toEqual(lasting(answer));
  };
  await refused(corner, move('north'), 'BLOCKED');
  await refused(corner, move('east'), 'BLOCKED');
  await refused(corner, attack(corner.playerId), 'INVALID_TARGET');
  await refused(corner, attack(newPlayer()), 'INVALID_TARGET');
  await refused(corner, attack(far.playerId), 'TARGET_OUT_OF_RANGE');
  await refused(corner, collect, 'NOT_A_NODE');
  await refused(corner, { ...defend, useStamp: true }, 'INSUFFICIENT_STAMPS', 402);

  expect(await corner.post(move('south'))).toMatchObject({ status: 200, body: { result: { to: { x: 0, y: 1 } } } });
  // Three seconds long: a slow machine has not got past it.
  expect(await corner.post(defend)).toMatchObject({ status: 200 });
  const cooldown = await corner.post(defend);
  expect(refusal(cooldown)).toEqual([409, 'COOLDOWN']);
  expect(cooldown.body).toMatchObject({ retryAfterMs: expect.any(Number) });
  expect(await corner.post(collect)).toMatchObject({ status: 200, body: { result: { at: { x: 0, y: 1 } } } });
  await refused(corner, collect, 'NODE_EMPTY');

  const stranger = await PlayerClient.guest(api);
  expect(refusal(await stranger.post(defend, newKey(), matchId))).toEqual([403, 'NOT_IN_MATCH']);

  expect(await post(corner, attack(beside.playerId))).toMatchObject({ status: 200 });
  expect(await post(corner, attack(beside.playerId))).toMatchObject({
    status: 200,
    body: { result: { eliminated: true } },
  });
  await refused(beside, defend, 'PLAYER_ELIMINATED');
  await refused(corner, attack(beside.playerId), 'TARGET_DEAD');

  const key = newKey();
  expect(await far.post(defend, key)).toMatchObject({ status: 200 });
  expect(refusal(await far.post(collect, key))).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
  // Of another player the same key is another.
  expect((await corner.post(move('north'), key)).status).toBe(200);

  await untilStatus(corner, 'FINISHED', 30_000);
  await refused(corner, defend, 'MATCH_NOT_ACTIVE');
});

const newPlayer = () => randomUUID() as PlayerId;

test('what the API refuses before the rules are asked', async () => {
  const player = await PlayerClient.guest(api);
  const { accessToken: token } = player.session;
  const lobby = await player.join();
  const actions = `/api/matches/${lobby.matchId}/actions`;
  const call = async (
    method: string,
    path: string,
    options: { body?: unknown; headers?: Record<string, string> } = {},
  ) => {
    const { body, headers } = options;
    const response = await fetch(platform.gatewayUrl + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    });
    expect(response.headers.get('x-correlation-id')).toMatch(/^[0-9a-f-]{36}$/);
    const answer = (await response.json()) as { error?: string; detail?: string; correlationId?: string };
    expect(answer.correlationId).toBe(response.headers.get('x-correlation-id'));
    return [response.status, answer.error, answer.detail];
  };
  const key = () => ({ 'x-idempotency-key': randomUUID() });
  const invalid = (field: string) => [400, 'VALIDATION_ERROR', expect.stringContaining(field)];

  expect(await call('POST', actions, { body: defend })).toEqual(invalid('x-idempotency-key'));
  expect(await call('POST', actions, { body: defend, headers: { 'x-idempotency-key': 'me' } })).toEqual(
    invalid('x-idempotency-key'),
  );
  expect(await call('POST', actions, { body: { type: 'fly' }, headers: key() })).toEqual(invalid('type'));
  expect(await call('POST', actions, { body: { type: 'move' }, headers: key() })).toEqual(invalid('payload'));
  expect(await call('POST', actions, { body: { ...defend, extra: 1 }, headers: key() })).toEqual(invalid('extra'));
  expect(await call('POST', actions, { body: '{', headers: key() })).toEqual(invalid('body'));
  expect(await call('POST', actions, { body: { ...defend, x: 'x'.repeat(17_000) }, headers: key() })).toEqual(
    invalid('body'),
  );
  expect(await call('POST', '/api/matches/x/actions', { body: defend, headers: key() })).toEqual(invalid('id'));
  expect(await call('GET', '/api/matches?limit=101')).toEqual(invalid('limit'));
  expect(await call('GET', '/api/matches?page=0')).toEqual(invalid('page'));
  expect(await call('POST', '/api/auth/register', { body: { username: 'a', password: 'long enough' } })).toEqual(
    invalid('username'),
  );

  const unknown = randomUUID();
  expect((await call('GET', `/api/matches/${unknown}`)).slice(0, 2)).toEqual([404, 'MATCH_NOT_FOUND']);
  expect((await call('POST', `/api/matches/${unknown}/actions`, { body: defend, headers: key() })).slice(0, 2)).toEqual(
    [404, 'MATCH_NOT_FOUND'],
  );
  expect((await call('GET', '/api/nothing')).slice(0, 2)).toEqual([404, 'NOT_FOUND']);
  expect((await call('DELETE', '/api/matches')).slice(0, 2)).toEqual([405, 'METHOD_NOT_ALLOWED']);
  expect((await call('GET', '/api/matches', { headers: { authorization: 'Bearer x' } })).slice(0, 2)).toEqual([
    401,
    'UNAUTHORIZED',
  ]);
  expect((await call('POST', '/api/matches', { headers: { authorization: '' } })).slice(0, 2)).toEqual([
    401,
    'UNAUTHORIZED',
  ]);
  expect((await call('POST', '/api/auth/refresh', { body: { refreshToken: 'x' } })).slice(0, 2)).toEqual([
    401,
    'UNAUTHORIZED',
  ]);

  const credentials = { username: `P_${randomUUID().slice(0, 8)}`, password: 'correct horse' };
  await PlayerClient.register(api, credentials);
  const anew = { body: credentials, headers: { authorization: '' } };
  expect((await call('POST', '/api/auth/register', anew)).slice(0, 2)).toEqual([409, 'USERNAME_TAKEN']);
  const wrong = { ...anew, body: { ...credentials, password: 'wrong horse' } };
  expect((await call('POST', '/api/auth/login', wrong)).slice(0, 2)).toEqual([401, 'UNAUTHORIZED']);

  // The lobby is open: nothing to be done there yet.
  expect(refusal(await player.post(defend))).toEqual([409, 'MATCH_NOT_ACTIVE']);
  const correlationId = randomUUID();
  const health = await fetch(`${platform.gatewayUrl}/api/health`, { headers: { 'x-correlation-id': correlationId } });
  expect(health.headers.get('x-correlation-id')).toBe(correlationId);
  await untilStatus(player, 'CANCELLED');
});

test('a lobby with one player is cancelled, who is told, and free for the next', async () => {
  const player = await PlayerClient.guest(api);
  const { matchId } = await player.join();
  const witness = new Witness(matchId);
  await player.connect((socket) => witness.listen(socket));
  await until('match.cancelled came', () => (witness.cancelled ? true : undefined));
  expect(await player.view()).toMatchObject({ status: 'CANCELLED', result: null, board: null });
  expect((await player.join()).matchId).not.toBe(matchId);
  await untilStatus(player, 'CANCELLED');
  player.close();
});

test('a tie at the time limit is a draw, and both have won', async () => {
  const { players, view } = await sitDown(api, 2);
  const [one, two] = players;
  if (!one || !two) throw new Error('two were asked for');
  const end = await untilStatus(one, 'FINISHED', 30_000);
  expect(end.result).toMatchObject({ draw: true, reason: 'TIME_LIMIT' });
  expect([...(end.result?.winners ?? [])].sort()).toEqual([one.playerId, two.playerId].sort());
  expect(end.result?.scores.map(({ score, outcome }) => [score, outcome])).toEqual([
    [25, 'WINNER'],
    [25, 'WINNER'],
  ]);
  expect(Date.parse(end.finishedAt ?? '') - Date.parse(view.startedAt ?? '')).toBe(rules.matchSeconds * 1000);
});

test('one key, at once and later, at every replica, over HTTP and live, after the end too: one effect and one answer', async () => {
  const { matchId, players, view } = await sitDown(api, 2);
  const [one, two] = players;
  if (!one || !two) throw new Error('two were asked for');
  await one.connect();
  const everywhere = async (request: ActionRequest, key: ActionId, times: number) => {
    const ways = [
      ...replicas.map((replica) => () => actAt(replica, one, matchId, request, key)),
      () => one.post(request, key),
      () => one.act(request, key),
      () => one.post(inCapitals(request), inCapitals(key), inCapitals(matchId)),
      () => one.act(inCapitals(request), inCapitals(key)),
    ];
    return Promise.all(Array.from({ length: times }, async (_, count) => ways[count % ways.length]?.()));
  };
  const answers: { request: ActionRequest; key: ActionId; answer: unknown }[] = [];
  for (const request of [attack(two.playerId), collect, move('north'), defend]) {
    const key = newKey();
    const [first, ...others] = await everywhere(request, key, 20);
    if (!first) throw new Error('no answer');
    for (const other of others) expect(other && lasting(other)).toEqual(lasting(first));
    answers.push({ request, key, answer: lasting(first) });
  }
  const now = await one.view();
  expect(now.seq).toBe(view.seq + 2);
  expect(now.board?.players.map(({ hp }) => hp).sort()).toEqual([20, 40]);
  await untilStatus(one, 'FINISHED', 30_000);
  for (const { request, key, answer } of answers) {
    for (const again of await everywhere(request, key, 7)) expect(again && lasting(again)).toEqual(answer);
  }
  const rows = await gameDatabase(platform, (client) =>
    client.query('select from player_actions where match_id = $1', [matchId]),
  );
  expect(rows.rowCount).toBe(answers.length);
  expect((await one.view()).seq).toBe(now.seq + 1);
  one.close();
});

test('the players of a match, each at another replica, see all that happens, in order and without a gap', async () => {
  const players = [
    await PlayerClient.guest(api),
    await PlayerClient.guest(api),
    await PlayerClient.guest(api),
  ] as const;
  const seats = [];
  for (const [index, player] of players.entries()) {
    const joined = await player.join();
    const replica = replicas[index];
    if (!replica) throw new Error('no replica');
    const witness = new Witness(joined.matchId);
    const socket = connectTo(replica, joined);
    sockets.push(socket);
    witness.listen(socket);
    socket.connect();
    await until('match.state came', () => (witness.states > 0 ? true : undefined));
    seats.push({ player, witness, joined, replica });
  }
  await untilStatus(players[0], 'RUNNING');
  const matchId = seats[0]?.joined.matchId;
  const directions = ['north', 'south', 'east', 'west'] as const;
  await Promise.all(
    seats.map(async ({ player, witness, replica, joined }) => {
      for (let turn = 0; !witness.ended; turn++) {
        await actAt(replica, player, joined.matchId, move(directions[turn % 4] ?? 'north'), newKey());
        await sleep(60);
      }
    }),
  );
  const end = await players[0].view();
  for (const { witness } of seats) {
    expect(witness.matchId).toBe(matchId);
    expect(witness.result).toEqual(end.result);
    expect(witness.trouble).toEqual([]);
    // Each once; MatchStarted and all after it.
    expect(witness.seen).toEqual(Array.from({ length: end.seq }, (_, index) => index + 1));
  }
  expect(end.seq).toBeGreaterThan(30);
});

test('the best sword that a player owns is its weapon', async () => {
  const armed = await PlayerClient.guest(api);
  const economy = await Economy.of(platform);
  await economy.grant(armed.playerId, { items: ['steel_sword', 'iron_sword'] });
  await economy.close();
  const { accessToken: token } = armed.session;
  await until('both are there', async () => {
    const { body } = await api.call<Inventory>('GET', '/inventory', { token });
    return body.total === 2 ? true : undefined;
  });
  const plain = await PlayerClient.guest(api);
  const meet = async () => {
    for (const player of [armed, plain]) await player.join();
    const { board } = await untilStatus(armed, 'RUNNING');
    return new Map(board?.players.map(({ playerId, weapon }) => [playerId, weapon]));
  };
  let weapons = await meet();
  // A match does not wait for long for what inventory says: then it begins without weapons.
  for (let tries = 1; weapons.get(armed.playerId) === null && tries < 3; tries++) {
    await untilStatus(armed, 'FINISHED', 30_000);
    weapons = await meet();
  }
  expect(weapons.get(armed.playerId)).toEqual({ itemId: 'steel_sword', damage: 10 });
  expect(weapons.get(plain.playerId)).toBeNull();
  expect(await post(armed, attack(plain.playerId))).toMatchObject({ status: 200, body: { result: { damage: 30 } } });
});

test('who comes back gets the state, and then what happens', async () => {
  const { matchId, players } = await sitDown(api, 2);
  const [one, two] = players;
  if (!one || !two) throw new Error('two were asked for');
  const witness = new Witness(matchId);
  await one.connect((socket) => witness.listen(socket));
  one.close();
  expect((await post(two, attack(one.playerId))).status).toBe(200);
  const { seq } = await two.view();
  // The news of the start may have been on their way to the first connection.
  const before = witness.seen.length;
  const back = await one.connect((socket) => witness.listen(socket));
  expect(back).toMatchObject({ status: 'RUNNING', seq });
  expect((await post(two, attack(one.playerId))).status).toBe(200);
  await until('match.finished came', () => witness.result);
  expect(witness.seen.slice(before)).toEqual([seq + 1, seq + 2, seq + 3]);
  expect(witness.trouble).toEqual([]);
  one.close();
  // After the end too.
  expect(await one.connect()).toMatchObject({ status: 'FINISHED', result: witness.result });
  one.close();
});

test('a live connection needs the token of its match', async () => {
  const [replica] = replicas;
  const { joined, players } = await sitDown(api, 2);
  const [mine] = joined;
  if (!mine) throw new Error('nobody joined');
  for (const wrong of [
    { ...mine, wsToken: 'x' },
    { ...mine, wsToken: players[0]?.session.accessToken ?? '' },
    { ...mine, matchId: randomUUID() as MatchId },
  ]) {
    const socket = connectTo(replica, wrong);
    sockets.push(socket);
    const refused = new Promise<Error>((resolve, reject) => {
      socket.once('connect_error', resolve);
      socket.once('connect', () => reject(new Error('connected')));
    });
    socket.connect();
    expect((await refused).message).toMatch(/token/);
  }
});

test('afterwards every match has ended, and replays to what was recorded', async () => {
  const totals = await audit(platform, { results: new Map() });
  expect(totals.matches).toBeGreaterThan(5);
});
