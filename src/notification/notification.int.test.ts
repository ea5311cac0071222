import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { SignJWT } from 'jose';
import { freePort } from '../../scripts/lib/ports.ts';
import type { ManagedProcess } from '../../scripts/lib/process.ts';
import { startRedis } from '../../scripts/lib/redis.ts';
import { foldersOf } from '../../scripts/lib/servers.ts';
import { ownFolder, type OwnFolder } from '../../tests/folder.ts';
import { createDatabase, type TestDatabase } from '../../tests/servers.ts';
import { migrations } from './migrations/index.ts';
import { aPlayer, aReward, Device, KeyHolder, openReplica, replicaIdOf, until, type Replica } from './test-replica.ts';

/** Real: PostgreSQL, a Redis of its own, HTTP and WebSocket. The keys are told by the test. */
let folder: OwnFolder;
let redis: ManagedProcess;
let redisPort: number;
let db: TestDatabase;
let keys: KeyHolder;
let replicas: Replica[];
let devices: Device[];
let one: Replica;
let other: Replica;
beforeAll(async () => {
  folder = await ownFolder('notification');
  redisPort = await freePort();
  redis = await startRedis(foldersOf(folder.path), redisPort);
  db = await createDatabase(migrations);
  keys = new KeyHolder();
  await keys.open();
});
afterAll(async () => {
  await redis.stop();
  keys.close();
  await db.drop();
  folder.remove();
});

const replica = async (graceMs?: number) => {
  const opened = await openReplica(db.as('notification'), redisPort, keys, graceMs);
  replicas.push(opened);
  await opened.withRedis();
  return opened;
};
beforeEach(async () => {
  replicas = [];
  devices = [];
  [one, other] = await Promise.all([replica(), replica()]);
});
afterEach(async () => {
  for (const { socket } of devices) socket.disconnect();
  await Promise.all(replicas.map(({ lifecycle }) => lifecycle.stop()));
});

const device = (at: Replica, token: unknown, transport?: 'websocket' | 'polling', endpoint?: string): Device => {
  const opened = new Device(at.url, token, transport, endpoint);
  devices.push(opened);
  return opened;
};

test('all devices of a player are told, on whatever replica, each once; nobody else is', async () => {
  const [player, stranger] = [aPlayer(), aPlayer()];
  const token = await keys.token(player);
  const phone = device(other, token, 'polling');
  const tablet = device(one, token);
  const foreign = device(one, await keys.token(stranger));
  await Promise.all([phone, tablet, foreign].map((each) => each.welcomed()));
  expect(phone.lists).toEqual([[]]);
  const [first, second, third] = [aReward(player), aReward(player), aReward(player)];
  await one.receive(first, first, second);
  // Delivered again: at once to both replicas, in another order, and later.
  await Promise.all([one.receive(second, third, first), other.receive(third, second, first)]);
  await one.receive(first);
  await other.receive(third, aReward(stranger));
  await until('the stranger is told', () => foreign.told.length === 1);
  await until('all is told', () => phone.told.length === 3 && tablet.told.length === 3);
  await sleep(200);
  const ids = [first, second, third].map(({ eventId }) => eventId);
  expect(phone.ids().sort()).toEqual([...ids].sort());
  expect(tablet.ids().sort()).toEqual([...ids].sort());
  expect(phone.told.find(({ id }) => id === first.eventId)).toEqual({
    id: first.eventId,
    at: first.timestamp,
    type: 'reward.granted',
    reward: first.payload,
  });
  expect(foreign.told).toHaveLength(1);
});

test('what came while the player was away is told on the next connect: the last fifty of a week, oldest first', async () => {
  const player = aPlayer();
  const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);
  const week = 7 * 24 * 60 * 60;
  const tooOld = aReward(player, ago(week + 60));
  const nearlyTooOld = aReward(player, ago(week - 60));
  await one.receive(tooOld, nearlyTooOld);
  const early = device(other, await keys.token(player));
  await early.welcomed();
  expect(early.lists[0]?.map(({ id }) => id)).toEqual([nearlyTooOld.eventId]);
  const rewards = Array.from({ length: 60 }, (_, index) => aReward(player, ago(60 - index)));
  await one.receive(...rewards.slice(30), ...rewards.slice(0, 30));
  const late = device(other, await keys.token(player));
  await late.welcomed();
  expect(late.lists[0]?.map(({ id }) => id)).toEqual(rewards.slice(10).map(({ eventId }) => eventId));
  expect(late.lists[0]?.at(-1)).toMatchObject({ type: 'reward.granted', reward: rewards.at(-1)?.payload });
});

test('what is too old is swept, and does not come back when it is delivered again', async () => {
  const player = aPlayer();
  const [old, recent] = [aReward(player, new Date(Date.now() - 8 * 24 * 60 * 60 * 1000)), aReward(player)];
  const kept = { id: old.eventId, at: old.timestamp, type: 'reward.granted' as const, reward: old.payload };
  await one.notifications.keep([{ playerId: player, notification: kept }]);
  await one.receive(recent);
  await Promise.all([one.notifications.sweep(), other.notifications.sweep()]);
  expect(await one.notifications.keep([{ playerId: player, notification: kept }])).toHaveLength(1);
  await one.notifications.sweep();
  const listener = device(one, await keys.token(player));
  await listener.welcomed();
  await one.receive(old, recent);
  await sleep(100);
  expect(listener.told).toEqual([]);
  expect(listener.lists[0]?.map(({ id }) => id)).toEqual([recent.eventId]);
});

test('a token that does not hold is refused with a reason', async () => {
  const player = aPlayer();
  const soon = Math.floor(Date.now() / 1000) + 900;
  const foreign = new KeyHolder();
  await foreign.open();
  const shared = randomBytes(32);
  const tokens: unknown[] = [
    undefined,
    '',
    'nonsense',
    { $ne: 1 },
    ['x'],
    await keys.token(player, { expiresAt: soon - 901 - 60 }),
    await keys.token(player, { issuer: 'somebody' }),
    await keys.token('not-a-player'),
    await foreign.token(player),
    await new SignJWT({})
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('idempo')
      .setSubject(player)
      .setExpirationTime(soon)
      .sign(shared),
  ];
  const refused = tokens.map((token) => device(one, token));
  for (const each of refused) {
    await until('refused', () => each.refusals.length > 0);
    expect(each.refusals[0]).toMatchObject({
      message: expect.stringContaining('sign in again'),
      data: { error: 'UNAUTHORIZED' },
    });
    expect(each.lists).toEqual([]);
  }
  foreign.close();
});

test('a new key is known at once; while the keys are away a connection comes again until they are back', async () => {
  const player = aPlayer();
  const before = await keys.token(player);
  await device(one, before).welcomed();
  await keys.rotate();
  await sleep(1100); // Keys are not asked for more often than once a second.
  await device(one, await keys.token(player)).welcomed();
  await device(one, before).welcomed();
  await keys.rotate();
  keys.away = true;
  await sleep(1100);
  const patient = device(one, await keys.token(player));
  await sleep(300);
  expect(patient.lists).toEqual([]);
  await device(one, before).welcomed();
  keys.away = false;
  await patient.welcomed();
  expect(patient.refusals).toEqual([]);
});

test('without Redis the devices of a replica are told all the same, and those elsewhere when it is back', async () => {
  const player = aPlayer();
  const token = await keys.token(player);
  const [here, there] = [device(one, token), device(other, token)];
  await Promise.all([here.welcomed(), there.welcomed()]);
  await redis.stop();
  const [missed, later] = [aReward(player), aReward(player)];
  await one.receive(missed);
  await until('it is told here', () => here.told.length === 1);
  const begun = device(other, token);
  await begun.welcomed();
  expect(begun.lists[0]?.map(({ id }) => id)).toEqual([missed.eventId]);
  await redis.start();
  await until('it is told there', () => there.lists.at(-1)?.length === 1);
  await Promise.all([one.withRedis(), other.withRedis()]);
  await one.receive(later);
  await until('told as before', () => [here, there, begun].every(({ told }) => told.at(-1)?.id === later.eventId));
});

test('while Redis is frozen nothing waits for it', async () => {
  const player = aPlayer();
  const here = device(one, await keys.token(player));
  await here.welcomed();
  await redis.kill('SIGSTOP');
  const begun = performance.now();
  for (let count = 0; count < 20; count++) await one.receive(aReward(player));
  await until('all is told', () => here.told.length === 20);
  expect(performance.now() - begun).toBeLessThan(5000);
  await sleep(1100); // What was published meanwhile fails.
  await redis.kill('SIGCONT');
});

test('the id of a connection begins with the replica that the gateway has named, by both transports', async () => {
  const token = await keys.token(aPlayer());
  for (const transport of ['websocket', 'polling'] as const) {
    const opened = device(one, token, transport, '10.1.2.3:4006');
    await opened.welcomed();
    expect(opened.socket.io.engine.id).toMatch(new RegExp(`^${replicaIdOf('10.1.2.3:4006')}-[\\w-]{20}$`));
  }
});

test('messages of no protocol, and those nobody waits for, do not end the server', async () => {
  const token = await keys.token(aPlayer());
  for (const frames of [
    ['40'],
    ['40null'],
    ['42'],
    ['xyz'],
    ['40{"token":1}', '42["x"]'],
    ['451-["a",{"_placeholder":true}]'],
  ]) {
    const socket = new WebSocket(`${one.url.replace('http', 'ws')}/notifications/socket.io/?EIO=4&transport=websocket`);
    await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
    for (const frame of frames) socket.send(frame);
    await new Promise((resolve) => socket.addEventListener('message', resolve, { once: true }));
    socket.close();
  }
  const talkative = device(one, token);
  await talkative.welcomed();
  for (const message of [null, [], { a: [Buffer.from('x')] }]) talkative.socket.emit('anything', message);
  await device(one, token).welcomed();
  expect(talkative.socket.connected).toBe(true);
});

test('a connection whose token has long expired ends; one that drains comes back by itself', async () => {
  const player = aPlayer();
  const strict = await replica(500);
  const brief = device(strict, await keys.token(player, { expiresAt: Math.floor(Date.now() / 1000) + 5 }));
  const lasting = device(strict, await keys.token(player));
  await Promise.all([brief.welcomed(), lasting.welcomed()]);
  await until('it ends', () => !brief.socket.connected);
  await until('it is refused', () => brief.refusals.length > 0);
  expect(lasting.socket.connected).toBe(true);
  let reason = '';
  lasting.socket.once('disconnect', (why) => (reason = why));
  await strict.lifecycle.stop();
  await until('it is closed', () => reason !== '');
  expect(reason).toBe('transport close');
  expect(lasting.socket.active).toBe(true);
});
