import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { startRedis } from '../../scripts/lib/redis.ts';
import { freePort } from '../../scripts/lib/ports.ts';
import type { ManagedProcess } from '../../scripts/lib/process.ts';
import { foldersOf } from '../../scripts/lib/servers.ts';
import { ownFolder, type OwnFolder } from '../../tests/folder.ts';
import { aCorrelation, aPlayer, createGameDatabase, noRelay, noWeapons, type GameDatabase } from '../../tests/games.ts';
import type { PlayerAction, MatchEvent } from '../contracts/events.ts';
import { ActionId, EventId, type MatchId, type PlayerId } from '../contracts/ids.ts';
import type { ActionRequest, MatchView } from '../contracts/match.ts';
import type { Database } from '../platform/database/database.ts';
import { UnavailableError } from '../platform/errors.ts';
import { ProcessLifecycle } from '../platform/lifecycle.ts';
import { defaultRules } from '../rules/index.ts';
import { passOn } from './handlers.ts';
import { Lobby } from './lobby.ts';
import { testReplica, until, type TestReplica } from './test-replica.ts';

/** Real: PostgreSQL and Redis. Two replicas of game are two hubs and intakes; combat and Kafka are played by the test. */
let db: GameDatabase;
let owner: Database;
let redis: ManagedProcess;
let folder: OwnFolder;
let redisPort: number;
const lifecycles: ProcessLifecycle[] = [];
beforeAll(async () => {
  db = await createGameDatabase();
  owner = await db.as('owner');
  folder = await ownFolder('redis');
  redisPort = await freePort();
  redis = await startRedis(foldersOf(folder.path), redisPort);
});
afterAll(async () => {
  await redis.stop();
  folder.remove();
  await db.drop();
});

const replica = async (timeoutMs = 5000) => {
  const lifecycle = new ProcessLifecycle();
  lifecycles.push(lifecycle);
  return testReplica({ database: await db.as('game'), redisAt: redisPort, lifecycle, timeoutMs });
};

let one: TestReplica;
let other: TestReplica;
let matchId: MatchId;
let playerId: PlayerId;
beforeEach(async () => {
  [one, other] = await Promise.all([replica(), replica()]);
  const match = await db.start(2);
  ({ matchId } = match);
  playerId = match.players[0] ?? playerId;
});
afterEach(async () => {
  await Promise.all(lifecycles.splice(0).map((each) => each.stop()));
});

const intent = (request: ActionRequest = { type: 'defend' }, actionId = ActionId.parse(randomUUID())) => ({
  matchId,
  playerId,
  actionId,
  request,
  correlationId: aCorrelation(),
});
const head = () => ({
  eventId: EventId.parse(randomUUID()),
  correlationId: aCorrelation(),
  causationId: null,
  version: 1,
  timestamp: new Date().toISOString(),
});
const answerOf = ({ payload }: PlayerAction, seq = 2) => ({
  actionId: payload.actionId,
  type: payload.type,
  seq,
  tick: 1,
  result: { type: 'defend' as const, shield: 20, untilTick: 11 },
  sealed: false,
});
const resolved = (action: PlayerAction): MatchEvent => {
  const { actionId, fingerprint } = action.payload;
  return {
    ...head(),
    type: 'ActionResolved',
    payload: { matchId, playerId, actionId, fingerprint, answer: answerOf(action) },
  };
};
const defended = (seq: number): MatchEvent => ({
  ...head(),
  type: 'PlayerDefended',
  payload: {
    matchId,
    seq,
    tick: 1,
    actionId: ActionId.parse(randomUUID()),
    playerId,
    sealed: false,
    shield: 20,
    untilTick: 11,
  },
});
/** As combat records it. */
const record = async (action: PlayerAction) => {
  const { actionId, fingerprint } = action.payload;
  await owner.query(
    {
      text: `insert into player_actions (player_id, action_id, match_id, action_type, payload, fingerprint, seq, outcome)
             values ($1, $2, $3, 'defend', '{}', $4, 2, $5)`,
    },
    [playerId, actionId, matchId, fingerprint, JSON.stringify({ status: 200, answer: answerOf(action) })],
  );
};
const firstSent = async (from: TestReplica): Promise<PlayerAction> => {
  await until('it is sent', () => from.sent.length > 0);
  const [action] = from.sent;
  if (!action) throw new Error('nothing sent');
  return action;
};

test('an outcome that another replica reads from Kafka is heard where its player waits', async () => {
  const answer = one.intake.act(intent());
  const action = await firstSent(one);
  const begun = Date.now();
  other.hub.publish(matchId, [resolved(action)]);
  expect(await answer).toEqual(answerOf(action));
  expect(Date.now() - begun).toBeLessThan(500);
});

test('without Redis the waiter is answered from the database, and hears of outcomes again when Redis is back', async () => {
  await redis.stop();
  try {
    const answer = one.intake.act(intent());
    const action = await firstSent(one);
    other.hub.publish(matchId, [resolved(action)]);
    await record(action);
    expect(await answer).toEqual(answerOf(action));
  } finally {
    await redis.start();
  }
  await until('Redis is back', () => one.subscriber.status === 'ready' && other.subscriber.status === 'ready');
  one.sent.length = 0;
  const answer = one.intake.act(intent());
  const action = await firstSent(one);
  const telling = setInterval(() => other.hub.publish(matchId, [resolved(action)]), 20);
  expect(await answer).toEqual(answerOf(action));
  clearInterval(telling);
});

test('what never gets an outcome ends with ACTION_PENDING in its time, also when Kafka never confirms', async () => {
  const hasty = await replica(300);
  await expect(hasty.intake.act(intent())).rejects.toMatchObject({ code: 'ACTION_PENDING', status: 503 });
  hasty.producer.send = () => new Promise(() => undefined);
  const begun = Date.now();
  await expect(hasty.intake.act(intent())).rejects.toMatchObject({ code: 'ACTION_PENDING' });
  expect(Date.now() - begun).toBeLessThan(1500);
  hasty.producer.send = () => Promise.reject(new UnavailableError('Kafka is away'));
  await expect(hasty.intake.act(intent())).rejects.toMatchObject({ code: 'ACTION_PENDING' });
  expect(hasty.intake.pending).toBe(0);
});

test('two who wait for one key get one answer from one record; the key with another body is refused', async () => {
  // The match is known here from here on: what follows waits for nothing before it waits for its outcome.
  const warm = one.intake.act(intent());
  one.hub.publish(matchId, [resolved(await firstSent(one))]);
  await warm;
  one.sent.length = 0;
  const first = intent();
  const answers = [one.intake.act(first), one.intake.act(first)];
  const otherBody = one.intake.act({ ...first, request: { type: 'collect' } });
  const refused = expect(otherBody).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', status: 422 });
  const action = await firstSent(one);
  one.hub.publish(matchId, [resolved(action)]);
  expect(await Promise.all(answers)).toEqual([answerOf(action), answerOf(action)]);
  await refused;
  expect(one.sent).toHaveLength(1);
  expect(one.intake.pending).toBe(0);
});

test('only a player of the match may act', async () => {
  await expect(one.intake.act({ ...intent(), matchId: (await db.start(2)).matchId })).rejects.toMatchObject({
    code: 'NOT_IN_MATCH',
  });
});

const seqs = ({ told }: TestReplica) =>
  told.map((each) =>
    'state' in each ? `state ${each.state.seq}` : 'seq' in each.event.payload ? each.event.payload.seq : 0,
  );

test('events are told once and in order; a gap is mended by a fresh state within two seconds', async () => {
  await other.hub.watch(matchId);
  let first: MatchView | undefined;
  await other.hub.welcome(matchId, (state) => (first = state));
  expect(first?.seq).toBe(1);
  one.hub.publish(matchId, [defended(2), defended(3)]);
  one.hub.publish(matchId, [defended(3)]);
  await until('two events', () => other.told.length === 2);
  expect(seqs(other)).toEqual([2, 3]);
  await owner.query({ text: 'update matches set seq = 6 where id = $1' }, [matchId]);
  one.hub.publish(matchId, [defended(5), defended(6)]); // 4 is lost.
  await until('a fresh state', () => other.told.length === 3);
  one.hub.publish(matchId, [defended(7)]);
  await until('the next', () => other.told.length === 4);
  expect(seqs(other)).toEqual([2, 3, 'state 6', 7]);
});

test('a first state is never older than the events that were told before it', async () => {
  await one.hub.watch(matchId);
  let first: MatchView | undefined;
  const welcome = one.hub.welcome(matchId, (state) => (first = state));
  // The state is being read; meanwhile an event is committed, read and told.
  one.hub.publish(matchId, [defended(2)]);
  await owner.query({ text: 'update matches set seq = 2 where id = $1' }, [matchId]);
  await welcome;
  expect(seqs(one)).toEqual([2]);
  expect(first?.seq).toBe(2);
  one.hub.publish(matchId, [defended(3)]);
  expect(seqs(one)).toEqual([2, 3]);
});

test('a lobby that started while its news were on their way is told by its event, not by a state', async () => {
  await one.hub.watch(matchId);
  await one.hub.announce(matchId);
  expect(one.told).toEqual([]);
});

test('who has joined a lobby is told although its news were lost', async () => {
  const lobby = new Lobby(await db.as('game'), noRelay, noWeapons, { ...defaultRules, maxPlayers: 4 });
  const join = () => lobby.join({ playerId: aPlayer(), username: 'somebody', bot: false }, aCorrelation());
  const opened = await join();
  await other.hub.watch(opened.matchId);
  await other.hub.welcome(opened.matchId, () => undefined);
  expect((await join()).matchId).toBe(opened.matchId);
  await until('a fresh state', () => other.told.length === 1);
  expect(other.told).toMatchObject([{ state: { status: 'PENDING', players: [{}, {}] } }]);
});

test('a used stamp, which has the seq of its action, is told to nobody and hides nothing', async () => {
  await one.hub.watch(matchId);
  await one.hub.welcome(matchId, () => undefined);
  const action = defended(2);
  if (action.type !== 'PlayerDefended') throw new Error('not an action');
  const { seq, tick, actionId } = action.payload;
  const used: MatchEvent = { ...head(), type: 'StampUsed', payload: { matchId, seq, tick, actionId, playerId } };
  const record = { key: null, value: null, timestamp: '0', attributes: 0, offset: '0', headers: {} };
  await passOn(one.hub)([used, action].map((event) => ({ event, topic: 'match-events', partition: 0, record })));
  expect(one.told).toEqual([{ event: action }]);
});
