import { replayOf } from '../platform/kafka/dead-letter.ts';
import type { OutgoingRecord, Producer } from '../platform/kafka/producer.ts';
import type { StoredRecord } from './messages.ts';

export interface Replayable extends StoredRecord {
  id: string;
  queue: string;
  /** Not null for what can be replayed. */
  consumer: string | null;
}

const decoded = (base64: string): Buffer => Buffer.from(base64, 'base64');

const recordOf = ({ queue, consumer, key, headers, payload }: Replayable): OutgoingRecord =>
  replayOf(
    {
      key,
      value: payload,
      headers: Object.fromEntries(headers.map(([name, value]) => [decoded(name).toString(), decoded(value)])),
    },
    queue.replace(/\.dlq$/, ''),
    consumer ?? '',
  );

/** Kafka refuses a record for its size; it would do so for ever. */
const isTooLarge = (error: unknown): boolean =>
  error instanceof Error &&
  (('type' in error && (error.type === 'MESSAGE_TOO_LARGE' || error.type === 'RECORD_LIST_TOO_LARGE')) ||
    isTooLarge(error.cause));

/**
 * Sends letters to the topics where they failed, in their order, at least once.
 * @returns why some of them could not be sent, by id
 * @throws UnavailableError while Kafka is away
 */
export const replay = async (producer: Producer, letters: Replayable[]): Promise<Map<string, string>> => {
  try {
    await producer.send(letters.map(recordOf));
    return new Map();
  } catch (error) {
    if (!isTooLarge(error)) throw error;
    const [only] = letters;
    if (only && letters.length === 1) return new Map([[only.id, 'larger than its topic takes']]);
    const half = letters.length >> 1;
    const first = await replay(producer, letters.slice(0, half));
    return new Map([...first, ...(await replay(producer, letters.slice(half)))]);
  }
};
