import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { startRedis } from '../../scripts/lib/redis.ts';
import { freePort } from '../../scripts/lib/ports.ts';
import type { ManagedProcess } from '../../scripts/lib/process.ts';
import { foldersOf } from '../../scripts/lib/servers.ts';
import { ownFolder, type OwnFolder } from '../../tests/folder.ts';
import { aCorrelation, createGameDatabase, type GameDatabase } from '../../tests/games.ts';
import { MatchEvent } from '../contracts/events.ts';
import { ActionId, type MatchId, type PlayerId } from '../contracts/ids.ts';
import type { ActionRequest } from '../contracts/match.ts';
import type { Database } from '../platform/database/database.ts';
import { ApiError, UnavailableError } from '../platform/errors.ts';
import { ProcessLifecycle } from '../platform/lifecycle.ts';
import { testReplica, until, type TestReplica } from './test-replica.ts';

/** Real: PostgreSQL and Redis. Wallet, Kafka and combat are played by the test. */
let db: GameDatabase;
let owner: Database;
let redis: ManagedProcess;
let folder: OwnFolder;
let redisPort: number;
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

/** A wallet with so many stamps: the same action again has the same answer. */
const wallet = {
  stamps: 0,
  away: false,
  asked: 0,
  answers: new Map<string, number>(),
  /** What an answer waits for. */
  gate: Promise.resolve(),
};
let lifecycle: ProcessLifecycle;
let one: TestReplica;
let other: TestReplica;
let matchId: MatchId;
let playerId: PlayerId;
let opponentId: PlayerId;
const replica = async (timeoutMs = 1000) =>
  testReplica({
    database: await db.as('game'),
    redisAt: redisPort,
    lifecycle,
    timeoutMs,
    keepStamp: async ({ actionId }) => {
      wallet.asked++;
      await wallet.gate;
      if (wallet.away) throw new UnavailableError('wallet is away');
      const before = wallet.answers.get(actionId);
      if (before === undefined && wallet.stamps === 0) throw new ApiError('INSUFFICIENT_STAMPS', 'none');
      const stampBalance = before ?? --wallet.stamps;
      wallet.answers.set(actionId, stampBalance);
      return { stampBalance };
    },
  });
beforeEach(async () => {
  Object.assign(wallet, { stamps: 0, away: false, asked: 0, answers: new Map(), gate: Promise.resolve() });
  lifecycle = new ProcessLifecycle();
  [one, other] = await Promise.all([replica(), replica()]);
  const match = await db.start(2);
  ({ matchId } = match);
  [playerId = playerId, opponentId = opponentId] = match.players;
  await owner.query({ text: 'truncate outbox' });
});
afterEach(() => lifecycle.stop());

const sealed: ActionRequest = { type: 'defend', useStamp: true };
const intent = (request: ActionRequest = sealed, actionId = ActionId.parse(randomUUID())) => ({
  matchId,
  playerId,
  actionId,
  request,
  correlationId: aCorrelation(),
});
const outcomesOf = (actionId: ActionId) =>
  owner.query({ text: `select outcome ->> 'error' as error from player_actions where action_id = $1` }, [actionId]);
const pending = { code: 'ACTION_PENDING', status: 503 };

test('a sealed action is sent on with the stamps that are left once its own is taken', async () => {
  wallet.stamps = 3;
  await expect(one.intake.act(intent())).rejects.toMatchObject(pending); // Nobody plays combat here.
  expect(one.sent.map(({ payload }) => [payload.sealed, payload.stampBalance])).toEqual([[true, 2]]);
});

test('without a stamp it is 402, also later when there are stamps; the key with another body is 422; nothing is sent', async () => {
  const first = intent();
  await expect(one.intake.act(first)).rejects.toMatchObject({ code: 'INSUFFICIENT_STAMPS', status: 402 });
  const otherBody = { ...first, request: { type: 'collect', useStamp: true } as const };
  await expect(other.intake.act(otherBody)).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED', status: 422 });
  expect([...one.sent, ...other.sent]).toEqual([]);
  expect(await outcomesOf(first.actionId)).toEqual([{ error: 'INSUFFICIENT_STAMPS' }]);
});

test('of two replicas that find no stamp at once both say so, and one outcome is recorded', async () => {
  const both = intent();
  const answers = await Promise.allSettled([one, other].flatMap(({ intake }) => [intake.act(both), intake.act(both)]));
  expect(answers.map((answer) => answer.status === 'rejected' && (answer.reason as ApiError).code)).toEqual(
    Array(4).fill('INSUFFICIENT_STAMPS'),
  );
  expect(await outcomesOf(both.actionId)).toHaveLength(1);
});

test('while wallet is away nothing is sent, and what has an outcome already is answered with it', async () => {
  const refused = intent();
  await expect(one.intake.act(refused)).rejects.toMatchObject({ code: 'INSUFFICIENT_STAMPS' });
  wallet.away = true;
  await expect(other.intake.act(refused)).rejects.toMatchObject({ code: 'INSUFFICIENT_STAMPS' });
  const patient = await replica(10_000);
  const took: number[] = [];
  for (let round = 0; round < 3; round++) {
    const begun = Date.now();
    await expect(patient.intake.act(intent())).rejects.toMatchObject(pending);
    took.push(Date.now() - begun);
  }
  // The machine may stall once, but not each time.
  expect(Math.min(...took)).toBeLessThan(500);
  expect(patient.sent).toEqual([]);
  expect(patient.intake.pending).toBe(0);
});

test('what a player sends after a sealed action goes after it; others do not wait for that', async () => {
  wallet.stamps = 1;
  const patient = await replica(5000);
  const { promise, resolve } = Promise.withResolvers<undefined>();
  wallet.gate = promise;
  const [first, second, third] = [
    intent(),
    intent({ type: 'collect' }),
    intent({ type: 'move', payload: { direction: 'north' } }),
  ];
  const answers = [patient.intake.act(first)];
  await until('wallet is asked', () => wallet.asked === 1);
  answers.push(patient.intake.act(second));
  await until('two wait', () => patient.intake.pending === 2);
  answers.push(patient.intake.act(third));
  const free = { ...intent({ type: 'defend' }), playerId: opponentId };
  answers.push(patient.intake.act(free));
  await until('all wait', () => patient.intake.pending === 4);
  expect(patient.sent.map(({ payload }) => payload.actionId)).toEqual([free.actionId]);
  resolve(undefined);
  await Promise.allSettled(answers);
  expect(patient.sent.map(({ payload }) => payload.actionId)).toEqual(
    [free, first, second, third].map(({ actionId }) => actionId),
  );
});

const told = async (): Promise<MatchEvent[]> => {
  const rows = await owner.query<{ value: string }>({ text: 'select value from outbox order by id' });
  return rows.map(({ value }) => MatchEvent.parse(JSON.parse(value)));
};

test('what never arrived expires once, is told as often as asked as the same event, and is refused when it comes late', async () => {
  const late = intent();
  const of = { matchId, playerId, actionId: late.actionId };
  await Promise.all([one, other, one].map(({ outcomes }) => outcomes.expire([of, of], aCorrelation())));
  expect(await outcomesOf(late.actionId)).toEqual([{ error: 'ACTION_EXPIRED' }]);
  const events = await told();
  expect(events.map((event) => event.type === 'ActionRejected' && event.payload.error)).toEqual(
    Array(6).fill('ACTION_EXPIRED'),
  );
  expect(new Set(events.map(({ eventId }) => eventId)).size).toBe(1);
  wallet.away = true;
  await expect(one.intake.act(late)).rejects.toMatchObject({ code: 'ACTION_EXPIRED', status: 409 });
});

test('an action that has an outcome does not expire: its outcome is told again', async () => {
  const { actionId } = intent();
  const answer = {
    ...{ actionId, type: 'defend', seq: 2, tick: 1, sealed: true, stampBalance: 4 },
    result: { type: 'defend', shield: 40, untilTick: 11 },
  };
  await owner.query(
    {
      text: `insert into player_actions (player_id, action_id, match_id, action_type, payload, fingerprint, seq, outcome)
             values ($1, $2, $3, 'defend', '{}', 'f', 2, $4)`,
    },
    [playerId, actionId, matchId, JSON.stringify({ status: 200, answer })],
  );
  await one.outcomes.expire([{ matchId, playerId, actionId }], aCorrelation());
  const [event] = await told();
  expect(event).toMatchObject({
    type: 'ActionResolved',
    payload: { matchId, playerId, actionId, fingerprint: 'f', answer },
  });
});
