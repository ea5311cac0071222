import { expect, jest, test } from '@jest/globals';
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { servers } from '../../../tests/servers.ts';
import { kafkaEnv, readConfig } from '../config.ts';
import { kafkaClient } from './client.ts';

// Real: Kafka.

const client = () => kafkaClient(readConfig(kafkaEnv, { KAFKA_BROKERS: servers().kafka }), 'request-queue');

test('a connection that nobody uses looks for nothing', async () => {
  const admin = client().admin();
  await admin.connect();
  await admin.listTopics();
  const looks = jest.spyOn(RequestQueue.prototype, 'checkPendingRequests');
  await sleep(500);
  expect(looks).not.toHaveBeenCalled();
  looks.mockRestore();
  await admin.disconnect();
});

test('what the broker does not want for a moment is sent after it, in its order', async () => {
  const queue = new RequestQueue({ maxInFlightRequests: null, logger: client().logger() });
  const sent: number[] = [];
  const push = (correlationId: number) => {
    const entry = { correlationId, resolve: () => undefined };
    queue.push({ entry, expectResponse: false, sendRequest: () => sent.push(correlationId) });
  };
  queue.maybeThrottle(100);
  push(1);
  push(2);
  expect(sent).toEqual([]);
  await sleep(300);
  push(3);
  expect(sent).toEqual([1, 2, 3]);
  queue.destroy();
});
