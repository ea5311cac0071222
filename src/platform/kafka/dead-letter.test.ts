import { expect, test } from '@jest/globals';
import type { KafkaMessage } from 'kafkajs';
import { deadLetter, isForAnother, replayOf } from './dead-letter.ts';
import type { OutgoingRecord } from './producer.ts';

const received = ({ key, value, headers }: Partial<OutgoingRecord>, offset: string): KafkaMessage => ({
  key: key === undefined || key === null ? null : Buffer.from(key),
  value: value === undefined || value === null ? null : Buffer.from(value),
  headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, text]) => [name, Buffer.from(text)])),
  offset,
  timestamp: `170000000000${offset}`,
  attributes: 0,
});
const text = ({ headers }: OutgoingRecord) =>
  Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]));
const original = received({ key: 'k', value: 'v', headers: { colour: 'blue', 'dlq-replay': 'not ours' } }, '5');

test('a dead letter is the record as it came, and says what happened', () => {
  const letter = deadLetter('wallet', 'things', 3, original, new TypeError('x'.repeat(600)), 4);
  expect(letter).toMatchObject({ topic: 'things.dlq', key: original.key, value: original.value });
  expect(text(letter)).toMatchObject({
    colour: 'blue',
    'dlq-replay': 'not ours',
    'dlq-topic': 'things',
    'dlq-partition': '3',
    'dlq-offset': '5',
    'dlq-timestamp': '1700000000005',
    'dlq-consumer': 'wallet',
    'dlq-error': `TypeError: ${'x'.repeat(489)}`,
    'dlq-attempts': '4',
  });
});

test('a replay is the record as it was, for one consumer; failing again it is the same letter with more attempts', () => {
  const letter = deadLetter('wallet', 'things', 3, original, new Error('no'), 4);
  const replay = replayOf(letter, 'things', 'wallet');
  expect(replay).toMatchObject({ topic: 'things', key: original.key, value: original.value });
  expect(text(replay)).toEqual({
    colour: 'blue',
    'dlq-replay': 'not ours',
    'dlq-partition': '3',
    'dlq-offset': '5',
    'dlq-timestamp': '1700000000005',
    'dlq-attempts': '4',
    'dlq-replay-for': 'wallet',
  });
  const again = deadLetter('wallet', 'things', 1, received(replay, '9'), new Error('still'), 4);
  const { 'dlq-at': _, ...headers } = text(again);
  expect(headers).toEqual({
    ...text(replayOf(letter, 'things', 'wallet')),
    'dlq-replay-for': undefined,
    'dlq-topic': 'things',
    'dlq-consumer': 'wallet',
    'dlq-error': 'Error: still',
    'dlq-attempts': '8',
  });
});

test('headers of a dead letter that are on no replay say nothing', () => {
  const record = received({ headers: { 'dlq-attempts': '40', 'dlq-offset': '1' } }, '7');
  expect(text(deadLetter('wallet', 'things', 0, record, 'no', 1))).toMatchObject({
    'dlq-attempts': '1',
    'dlq-offset': '7',
  });
  const forged = received({ headers: { 'dlq-replay-for': 'wallet', 'dlq-attempts': 'many' } }, '7');
  expect(text(deadLetter('wallet', 'things', 0, forged, 'no', 1))).toMatchObject({ 'dlq-attempts': '1' });
});

test('a replay is for the consumer that it names, any other record for all', () => {
  const replay = received({ headers: { 'dlq-replay-for': 'wallet' } }, '1');
  expect(isForAnother('wallet', replay)).toBe(false);
  expect(isForAnother('inventory', replay)).toBe(true);
  expect(isForAnother('inventory', original)).toBe(false);
});
