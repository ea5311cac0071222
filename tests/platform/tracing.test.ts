import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Platform } from '../../scripts/lib/platform.ts';
import { ApiClient, PlayerClient } from '../../scripts/lib/load/client.ts';
import { startTestPlatform } from '../platform.ts';
import { startCollector, type Collector } from './collector.ts';

let collector: Collector;
let platform: Platform;
let api: ApiClient;
beforeAll(async () => {
  collector = await startCollector();
  const tracing = collector.env;
  platform = await startTestPlatform({
    rules: { maxPlayers: 2 },
    env: { gateway: tracing('gateway'), game: tracing('game'), combat: tracing('combat') },
  });
  api = new ApiClient(platform.gatewayUrl);
}, 120_000);
afterAll(async () => {
  await api.close();
  await platform.stop();
  collector.close();
});

const mineOf = (actionId: string) =>
  collector.spans.filter(({ attributes }) => attributes['idempo.action_id'] === actionId);

test('an action is one trace, from the request through Kafka to the last statement, and the spans say whose it is', async () => {
  const { spans } = collector;
  const players = [await PlayerClient.guest(api), await PlayerClient.guest(api)];
  for (const player of players) await player.join();
  const [player] = players;
  const answer = await player?.post({ type: 'defend' });
  expect(answer).toMatchObject({ status: 200 });
  const actionId = answer && 'actionId' in answer.body ? answer.body.actionId : '';

  const wanted = [
    'gateway http',
    'game http',
    'game kafkajs',
    'game ioredis',
    'combat idempo',
    'combat pg',
    'game idempo',
  ];
  const missing = () => {
    const traceId = spans.find(({ attributes }) => attributes['idempo.action_id'] === actionId)?.traceId;
    const seen = new Set(
      spans
        .filter((span) => span.traceId === traceId)
        .map(({ service, scope }) => `${service} ${scope.replace('instrumentation-', '')}`),
    );
    return wanted.filter((one) => !seen.has(one));
  };
  for (const deadline = Date.now() + 15_000; missing().length > 0 && Date.now() < deadline;) await sleep(100);
  expect(missing()).toEqual([]);
  const names = new Set(mineOf(actionId).map(({ name }) => name));
  expect(names).toContain('handle PlayerAction');
  // Both ends of both topics are instrumented in the bundles; a poll has a trace of its own.
  const polls = new Set(spans.filter(({ scope }) => scope === 'instrumentation-kafkajs').map(({ service }) => service));
  expect(polls).toEqual(new Set(['game', 'combat']));
  const mine = mineOf(actionId);
  expect(new Set(mine.map(({ service }) => service))).toEqual(new Set(['gateway', 'game', 'combat']));
  for (const { attributes } of mine) {
    expect(attributes).toMatchObject({
      'idempo.match_id': player?.match?.matchId,
      'idempo.player_id': player?.playerId,
    });
    expect(attributes['idempo.correlation_id']).toMatch(/^[0-9a-f-]{36}$/);
  }
});
