import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Platform } from '../../scripts/lib/platform.ts';
import { ApiClient, PlayerClient } from '../../scripts/lib/load/client.ts';
import { startTestPlatform } from '../platform.ts';

interface Attribute {
  key: string;
  value: { stringValue?: string };
}
interface Span {
  service: string;
  scope: string;
  name: string;
  traceId: string;
  attributes: Record<string, string | undefined>;
}
interface Exported {
  resourceSpans?: {
    resource: { attributes: Attribute[] };
    scopeSpans: { scope: { name: string }; spans: { name: string; traceId: string; attributes?: Attribute[] }[] }[];
  }[];
}

const spans: Span[] = [];
const flat = (attributes: Attribute[] = []) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue]));

/** A collector: OTLP over HTTP as JSON. */
const collector: Server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    if (request.url !== '/v1/traces') return;
    const { resourceSpans = [] } = JSON.parse(Buffer.concat(chunks).toString()) as Exported;
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = flat(resource.attributes)['service.name'] ?? '';
      for (const { scope, spans: of } of scopeSpans) {
        for (const { name, traceId, attributes } of of) {
          spans.push({
            service,
            scope: scope.name.split('/').at(-1) ?? '',
            name,
            traceId,
            attributes: flat(attributes),
          });
        }
      }
    }
  });
});

let platform: Platform;
let api: ApiClient;
beforeAll(async () => {
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const { port } = collector.address() as AddressInfo;
  const tracing = (service: string) => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_SERVICE_NAME: service,
    OTEL_BSP_SCHEDULE_DELAY: '200',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
  });
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

const mineOf = (actionId: string) => spans.filter(({ attributes }) => attributes['idempo.action_id'] === actionId);

test('an action is one trace, from the request through Kafka to the last statement, and the spans say whose it is', async () => {
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
