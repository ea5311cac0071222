import { Kafka, logLevel } from 'kafkajs';

/** Writes to economy-events what none of its consumers can read: each will give up a letter with this key. */
export const publishPoison = async (broker: string, key: string): Promise<void> => {
  const producer = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  await producer.send({ topic: 'economy-events', messages: [{ key, value: '{' }] });
  await producer.disconnect();
};
