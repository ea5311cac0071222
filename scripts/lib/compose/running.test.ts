import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { databaseOf } from '../environments.ts';
import { freePort } from '../ports.ts';
import { readValues } from '../values.ts';
import { composeFacts, requireCompose } from './running.ts';

const dir = mkdtempSync(join(tmpdir(), 'idempo-compose-'));
afterAll(() => rmSync(dir, { recursive: true }));
const values = readValues();

test('services on this machine reach the stores by the ports that compose.yaml opens, with its password', () => {
  const facts = composeFacts(dir, values, { kafka: 19_092, redis: 16_379 });
  expect(facts).toMatchObject({ kafka: 'localhost:19092', redis: '127.0.0.1:16379' });
  const password = { DATABASE_PASSWORD: 'for-local-use-only' };
  expect(databaseOf(values, facts, 'gateway')).toMatchObject({
    DATABASE_PORT: '15432',
    DATABASE_USER: 'gateway',
    ...password,
  });
  expect(databaseOf(values, facts, 'wallet')).toMatchObject({
    DATABASE_PORT: '15433',
    DATABASE_NAME: 'wallet_db',
    ...password,
  });
  expect(databaseOf(values, facts, 'inventory', 'owner')).toMatchObject({
    ...{ DATABASE_PORT: '15435', DATABASE_USER: 'inventory_owner' },
    ...password,
  });
});

test('what does not answer is named, with the command that starts it', async () => {
  const facts = composeFacts(dir, values, { kafka: await freePort(), redis: await freePort() });
  const port = await freePort();
  const nowhere = { ...facts, databases: { wallet: { host: '127.0.0.1', port, password: '' } } };
  const refused = await requireCompose(nowhere, values).catch((error: unknown) => String(error));
  expect(refused).toMatch(`Kafka, ${facts.kafka}, does not answer`);
  expect(refused).toMatch(`Redis, ${facts.redis}, does not answer`);
  expect(refused).toMatch(`PostgreSQL of wallet, 127.0.0.1:${port}, does not answer`);
  expect(refused).toMatch('docker compose up -d');
});
