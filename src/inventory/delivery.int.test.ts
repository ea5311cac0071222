import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { recordsOf, testKafkaEnv, until } from '../../tests/records.ts';
import { createTopics, unique } from '../../tests/servers.ts';
import { EconomyEvent, topics } from '../contracts/events.ts';
import { openDatabase } from '../platform/database/database.ts';
import { kafkaClient } from '../platform/kafka/client.ts';
import { consume, type Delivery } from '../platform/kafka/consumer.ts';
import { openProducer } from '../platform/kafka/producer.ts';
import { ProcessLifecycle } from '../platform/lifecycle.ts';
import { startRelay } from '../platform/outbox/relay.ts';
import { aTrade, command } from './fixtures.ts';
import { keepItems } from './handlers.ts';
import { openInventory, reward, type TestInventory } from './test-inventory.ts';

/** Real: Kafka and PostgreSQL. */
const lifecycle = new ProcessLifecycle();
let inventory: TestInventory;
beforeAll(async () => {
  inventory = await openInventory();
});
afterAll(async () => {
  await lifecycle.stop();
  await inventory.close();
});

/** A replica, put together as in main.ts; the group is its own, so that it is given everything from the beginning. */
const startReplica = async (topic: string) => {
  const database = await openDatabase(inventory.env, lifecycle, 'inventory');
  const kafka = kafkaClient(testKafkaEnv(), unique('inventory'));
  const producer = openProducer(kafka, lifecycle);
  const handle = keepItems(database, startRelay(inventory.env, database, producer, 'inventory', lifecycle));
  const handled: EconomyEvent[] = [];
  await consume(kafka, testKafkaEnv(), producer, lifecycle, {
    group: unique('inventory'),
    topics: { [topic]: topics['economy-events'] },
    handle: async (batch: Delivery<EconomyEvent>[]) => {
      await handle(batch);
      handled.push(...batch.map(({ event }) => event));
    },
  });
  return handled;
};

test('rewards and trades over Kafka: each reply once, in order, in the trace of its trade; all delivered again, nothing more happens', async () => {
  const [topic = ''] = await createTopics({ name: 'economy-events', partitions: 4 });
  const trades = Array.from({ length: 20 }, () => aTrade());
  const written = await recordsOf(
    ['economy-events'],
    trades.map(({ tradeId }) => tradeId),
    lifecycle,
  );
  const producer = openProducer(kafkaClient(testKafkaEnv(), unique('test')), lifecycle);
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const send = (key: string, ...events: EconomyEvent[]) =>
    producer.send(events.map((each) => ({ topic, key, value: JSON.stringify(each), headers: { traceparent } })));

  const handled = await startReplica(topic);
  await Promise.all(trades.map(({ sellerId, itemId }) => send(sellerId, reward(sellerId, itemId))));
  await until('the rewards', () => handled.length === 20);
  await Promise.all(
    trades.map((trade, index) =>
      send(trade.tradeId, command('LockItem', trade), command(index % 2 === 0 ? 'TransferItem' : 'UnlockItem', trade)),
    ),
  );
  await until('the replies', () => written.length >= 40);

  const everything = () => Promise.all(trades.map((trade) => inventory.everything(trade)));
  const before = await everything();
  const again = await startReplica(topic);
  await until('everything again', () => again.length === 60);
  expect(await everything()).toEqual(before);
  expect(written).toHaveLength(40);
  for (const [index, trade] of trades.entries()) {
    const { tradeId, buyerId, sellerId } = trade;
    const moved = index % 2 === 0;
    const replies = written.filter(({ key }) => key === tradeId);
    const expected = ['ItemLocked', moved ? 'ItemTransferred' : 'ItemUnlocked'];
    expect(replies.map(({ value }) => EconomyEvent.parse(JSON.parse(value)).type)).toEqual(expected);
    // Nor is more waiting to be published.
    expect(await inventory.told(trade)).toEqual(expected);
    expect(new Set(replies.map(({ headers }) => headers['traceparent']))).toEqual(new Set([traceparent]));
    expect(before[index]?.item?.owner_id).toBe(moved ? buyerId : sellerId);
  }
});
