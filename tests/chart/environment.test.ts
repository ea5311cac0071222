import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { botsEnv } from '../../src/bots/config.ts';
import { combatEnv } from '../../src/combat/config.ts';
import { dlqEnv } from '../../src/dlq/config.ts';
import { gameEnv } from '../../src/game/config.ts';
import { gatewayEnv } from '../../src/gateway/config.ts';
import { inventoryEnv } from '../../src/inventory/config.ts';
import { leaderboardEnv } from '../../src/leaderboard/config.ts';
import { marketplaceEnv } from '../../src/marketplace/config.ts';
import { notificationEnv } from '../../src/notification/config.ts';
import { serviceEnv } from '../../src/platform/config.ts';
import { rewardEnv } from '../../src/reward/config.ts';
import { walletEnv } from '../../src/wallet/config.ts';
import { overlays, podsOf, render } from './chart.ts';

const services: Record<string, z.ZodRawShape> = {
  'api-gateway': { ...serviceEnv, ...gatewayEnv },
  'game-service': { ...serviceEnv, ...gameEnv },
  'combat-service': { ...serviceEnv, ...combatEnv },
  'reward-service': { ...serviceEnv, ...rewardEnv },
  'wallet-service': { ...serviceEnv, ...walletEnv },
  'inventory-service': { ...serviceEnv, ...inventoryEnv },
  'marketplace-service': { ...serviceEnv, ...marketplaceEnv },
  'leaderboard-service': { ...serviceEnv, ...leaderboardEnv },
  'notification-service': { ...serviceEnv, ...notificationEnv },
  'dlq-admin': { ...serviceEnv, ...dlqEnv },
  bots: { ...serviceEnv, ...botsEnv },
};

describe.each(overlays)('%s', (overlay) => {
  test.each(Object.entries(services))(
    '%s is told all that it asks for, and nothing that it does not know',
    async (name, shape) => {
      const pod = podsOf(await render(overlay)).find((each) => each.name === name);
      // A secret is told by the file that it is in.
      const told = (pod?.spec.containers[0]?.env ?? []).map(({ name, value = '' }) =>
        value.startsWith('/secrets/') ? name.replace(/_FILE$/, '') : name,
      );
      const required = Object.keys(shape).filter((key) => !z.safeParse(shape[key] as z.ZodType, undefined).success);
      expect(told).toEqual(expect.arrayContaining(required));
      // Those of OpenTelemetry are its own.
      expect(Object.keys(shape)).toEqual(expect.arrayContaining(told.filter((each) => !each.startsWith('OTEL_'))));
    },
  );
});

test('stores of one’s own: every address comes from external', async () => {
  const objects = await render(
    'cloud',
    'kafka.deploy=false',
    'kafka.external={"bootstrapServers":"kafka.example.com:9094","tls":true}',
    'redis.deploy=false',
    'redis.external={"nodes":"redis.example.com:6380","tls":true,"mode":"cluster"}',
    ...['game', 'wallet', 'marketplace', 'inventory'].flatMap((key) => [
      `databases.${key}.deploy=false`,
      `databases.${key}.external.host=${key}.example.com`,
      `databases.${key}.external.readHost=${key}-replicas.example.com`,
    ]),
    'operators={"strimzi":false,"cloudnativePg":false,"keda":true}',
  );
  expect(objects.filter(({ apiVersion }) => /strimzi|cnpg/.test(apiVersion))).toEqual([]);
  const pod = podsOf(objects).find(({ name }) => name === 'game-service');
  expect(pod?.spec.containers[0]?.env).toEqual(
    expect.arrayContaining([
      { name: 'KAFKA_BROKERS', value: 'kafka.example.com:9094' },
      { name: 'KAFKA_TLS', value: 'true' },
      { name: 'REDIS_NODES', value: 'redis.example.com:6380' },
      { name: 'REDIS_MODE', value: 'cluster' },
      { name: 'DATABASE_HOST', value: 'game.example.com' },
      { name: 'DATABASE_READ_HOST', value: 'game-replicas.example.com' },
    ]),
  );
});
