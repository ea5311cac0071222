import { quietKafka } from '../scripts/lib/kafka.ts';

/** Writes to economy-events what none of its consumers can read: each will give up a letter with this key. */
export const publishPoison = async (broker: string, key: string): Promise<void> => {
  const producer = quietKafka(broker).producer();
  await producer.connect();
  await producer.send({ topic: 'economy-events', messages: [{ key, value: '{' }] });
  await producer.disconnect();
};
