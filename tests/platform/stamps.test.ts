import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ApiClient, type PlayerClient } from '../../scripts/lib/load/client.ts';
import type { Platform, Replica } from '../../scripts/lib/platform.ts';
import type { Ledger, Wallet } from '../../src/contracts/economy.ts';
import { ActionId } from '../../src/contracts/ids.ts';
import type { ActionAcknowledgement } from '../../src/contracts/live.ts';
import type { ActionRequest } from '../../src/contracts/match.ts';
import { startTestPlatform } from '../platform.ts';
import { audit } from './audit.ts';
import { Economy } from './economy.ts';
import { unlimited } from './settings.ts';
import { actAt, inCapitals, sitDown, until, type Table } from './table.ts';
import { Witness } from './witness.ts';

/** Real: everything. Matches of two that begin at once and in which a shield is possible at any time. */
const rules = { maxPlayers: 2, lobbySeconds: 10, matchSeconds: 30, cooldownMs: { defend: 0 } };
const reservationSeconds = 6;

let platform: Platform;
let api: ApiClient;
let economy: Economy;
let replicas: Replica[];
beforeAll(async () => {
  platform = await startTestPlatform({
    replicas: { game: 3, combat: 2, wallet: 2 },
    rules,
    env: {
      ...unlimited,
      game: { ...unlimited.game, ACTION_TIMEOUT_MS: '2000' },
      wallet: { STAMP_RESERVATION_SECONDS: String(reservationSeconds) },
    },
  });
  api = new ApiClient(platform.gatewayUrl);
  economy = await Economy.of(platform);
  replicas = platform.of('game');
}, 120_000);
afterAll(async () => {
  await economy.close();
  await api.close();
  await platform.stop();
});

let table: Table;
let player: PlayerClient;
beforeEach(async () => {
  table = await sitDown(api, 2);
  const [first] = table.players;
  if (!first) throw new Error('nobody sat down');
  player = first;
});

const sealed: ActionRequest = { type: 'defend', useStamp: true };
const newKey = () => ActionId.parse(randomUUID());
const mine = async <T>(path: string): Promise<T> => {
  const { status, body } = await api.call<T>('GET', path, { token: player.session.accessToken });
  if (status !== 200) throw new Error(`GET ${path}: ${status}`);
  return body;
};
const stamps = async () => (await mine<Wallet>('/wallet')).stampBalance;
const spent = async () => (await mine<Ledger>('/wallet/transactions?type=STAMP_SPENT')).total;
const untilStamps = (count: number) =>
  until(`${count} stamps`, async () => ((await stamps()) === count ? true : undefined));
const untilSpent = (count: number) =>
  until(`${count} spent`, async () => ((await spent()) === count ? true : undefined));
const grant = async (count: number) => {
  const before = await stamps();
  await economy.grant(player.playerId, { stamps: count });
  await untilStamps(before + count);
};
type Send = () => Promise<ActionAcknowledgement>;
/** At once at every replica, and through the gateway. */
const waysOf = (request: ActionRequest, key: ActionId): Send[] => [
  ...replicas.map((replica) => () => actAt(replica, player, table.matchId, request, key)),
  () => player.post(request, key),
  () => player.post(request, inCapitals(key)),
];
/** Repeats what has no outcome yet, as clients do. */
const outcome = async (send: Send): Promise<ActionAcknowledgement> => {
  for (;;) {
    const answer = await send();
    if (answer.status !== 503) return answer;
    await sleep(100);
  }
};
const everywhere = (request: ActionRequest, key: ActionId) => Promise.all(waysOf(request, key).map(outcome));
/** The same answer whichever way it was asked for. */
const fromEverywhere = (answer: unknown) => waysOf(sealed, newKey()).map(() => answer);
const errorOf = ({ status, body }: ActionAcknowledgement) => [status, 'error' in body ? body.error : 'none'];
/** What is the same each time it is told. */
const told = (answer: ActionAcknowledgement) => (answer.status === 200 ? answer : errorOf(answer));

test('a sealed action sent twice, at once and later, through different replicas: one effect, one stamp, the same answer', async () => {
  await grant(3);
  const witness = new Witness(table.matchId);
  await player.connect((socket) => witness.listen(socket));
  const key = newKey();
  const [first, ...others] = await everywhere(sealed, key);
  expect(first).toMatchObject({ status: 200, body: { sealed: true, stampBalance: 2, result: { shield: 40 } } });
  expect(others).toEqual(others.map(() => first));
  await untilSpent(1);
  expect(await everywhere(sealed, key)).toEqual([first, ...others]);
  expect(await player.act(sealed, key)).toEqual(first);
  const other = await everywhere({ type: 'collect', useStamp: true }, key);
  expect(other.map(errorOf)).toEqual(fromEverywhere([422, 'IDEMPOTENCY_KEY_REUSED']));
  expect([await stamps(), await spent()]).toEqual([2, 1]);
  // One place in the order, and nobody is told of a stamp as if it were another event.
  expect((await player.view()).seq).toBe(2);
  expect(await player.post({ type: 'defend' })).toMatchObject({ status: 200, body: { sealed: false, seq: 3 } });
  await until('both were seen', () => (witness.seq === 3 ? true : undefined));
  expect(witness.seen).toEqual([...new Set(witness.seen)]);
  expect(witness.trouble).toEqual([]);
});

test('a sealed action that is refused gives its stamp back, and an unsealed one answers nothing of stamps', async () => {
  await grant(1);
  const key = newKey();
  const refused = await everywhere({ type: 'collect', useStamp: true }, key);
  expect(refused.map(errorOf)).toEqual(fromEverywhere([409, 'NOT_A_NODE']));
  await untilStamps(1);
  expect(await spent()).toBe(0);
  const unsealed = await player.post({ type: 'defend' });
  expect(unsealed).toMatchObject({ status: 200, body: { sealed: false } });
  expect(unsealed.body).not.toHaveProperty('stampBalance');
});

test('with ten sealed actions at once and four stamps, four take effect and six are 402, which stays so', async () => {
  await grant(4);
  const keys = Array.from({ length: 10 }, newKey);
  const send = () =>
    Promise.all(keys.flatMap((key, index) => waysOf(sealed, key).slice(index % 4, (index % 4) + 1)).map(outcome));
  const answers = await send();
  const taken = answers.filter(({ status }) => status === 200);
  expect(taken.map(({ body }) => 'stampBalance' in body && body.stampBalance).sort()).toEqual([0, 1, 2, 3]);
  expect(answers.filter(({ status }) => status !== 200).map(errorOf)).toEqual(
    Array(6).fill([402, 'INSUFFICIENT_STAMPS']),
  );
  await untilSpent(4);
  await grant(5);
  expect((await send()).map(told)).toEqual(answers.map(told));
  // What is asked for again in vain holds a stamp for a moment.
  await untilStamps(5);
  expect(await spent()).toBe(4);
});

test('while wallet is away a sealed action is 503 and comes to its effect with the same key later; others go on', async () => {
  await grant(2);
  const key = newKey();
  await Promise.all(platform.of('wallet').map(({ process }) => process.kill()));
  try {
    const away = await Promise.all(waysOf(sealed, key).map((send) => send()));
    expect(away.map(errorOf)).toEqual(fromEverywhere([503, 'ACTION_PENDING']));
    expect(await player.post({ type: 'defend' })).toMatchObject({ status: 200 });
  } finally {
    await Promise.all(platform.of('wallet').map(({ process }) => process.start()));
  }
  const [answer] = await everywhere(sealed, key);
  expect(answer).toMatchObject({ status: 200, body: { sealed: true, stampBalance: 1 } });
  await untilSpent(1);
  expect(await stamps()).toBe(1);
});

test('a stamp is kept while combat is dead, and used once when the action is repeated', async () => {
  await grant(2);
  const key = newKey();
  await Promise.all(platform.of('combat').map(({ process }) => process.kill()));
  try {
    expect(errorOf(await player.post(sealed, key))).toEqual([503, 'ACTION_PENDING']);
    expect(await spent()).toBe(0);
  } finally {
    await Promise.all(platform.of('combat').map(({ process }) => process.start()));
  }
  const answers = (await everywhere(sealed, key)).map(told);
  // On a slow machine that took longer than a stamp is kept: then the action has expired, and the stamp is back.
  const [first] = answers;
  const used = !Array.isArray(first);
  expect(answers).toEqual(fromEverywhere(used ? first : [409, 'ACTION_EXPIRED']));
  await untilSpent(used ? 1 : 0);
  await untilStamps(used ? 1 : 2);
});

test('a stamp whose action never arrived comes back, and the action is refused when it comes after all', async () => {
  await grant(1);
  const key = newKey();
  const [wallet] = platform.of('wallet');
  // As a game would that dies between keeping the stamp and sending the action.
  const kept = await fetch(`${wallet?.url ?? ''}/internal/stamps`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ playerId: player.playerId, actionId: key, matchId: table.matchId }),
  });
  expect(await kept.json()).toEqual({ stampBalance: 0 });
  expect(await stamps()).toBe(0);
  await sleep(reservationSeconds * 1000);
  await untilStamps(1);
  const late = await everywhere(sealed, key);
  expect(late.map(errorOf)).toEqual(fromEverywhere([409, 'ACTION_EXPIRED']));
  expect([await stamps(), await spent()]).toEqual([1, 0]);
});

test('afterwards every stamp is where the actions say, and every match replays to what was recorded', async () => {
  await economy.settled();
  await economy.expectSound();
  await audit(platform, { results: new Map() });
}, 180_000);
