import { expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { backoffMs } from './backoff.ts';
import { parseEvent } from './parse.ts';

const One = z.object({ type: z.literal('One'), payload: z.object({ n: z.int() }) });
const Two = z.object({ type: z.literal('Two'), payload: z.object({ id: z.uuid() }) });
const Both = z.discriminatedUnion('type', [One, Two]);
const of = (value: unknown) => parseEvent(Both, { value: Buffer.from(JSON.stringify(value)) });

test('a valid event is parsed, and fields of a newer version are ignored', () => {
  expect(of({ type: 'One', payload: { n: 1, newer: true }, newer: 1 })).toEqual({
    kind: 'event',
    event: { type: 'One', payload: { n: 1 } },
  });
  expect(of({ type: 'Two', payload: { id: randomUUID() } }).kind).toBe('event');
});

test('a type that this version does not know is not poison', () => {
  expect(of({ type: 'Three', payload: null })).toEqual({ kind: 'unknown' });
  expect(parseEvent(One, { value: Buffer.from('{"type":"Two"}') })).toEqual({ kind: 'unknown' });
});

test.each([null, 1, 'x', [], {}, { type: 1 }, { type: 'One' }, { type: 'One', payload: { n: 1.5 } }])(
  'poison: %j',
  (value) => {
    expect(of(value).kind).toBe('poison');
  },
);

test('poison: no value, no JSON; the error names the field', () => {
  expect(parseEvent(Both, { value: null }).kind).toBe('poison');
  expect(parseEvent(Both, { value: Buffer.from([0xff, 0xfe]) }).kind).toBe('poison');
  const poison = of({ type: 'One', payload: { n: 'x' } });
  expect(poison.kind === 'poison' && poison.error.message).toMatch(/^payload\.n: /);
});

test('the wait doubles from 100 ms to 2 s, with jitter that only shortens it', () => {
  for (let attempt = 0; attempt < 30; attempt++) {
    const most = Math.min(2000, 100 * 2 ** attempt);
    for (let draw = 0; draw < 50; draw++) {
      expect(backoffMs(attempt)).toBeLessThanOrEqual(most);
      expect(backoffMs(attempt)).toBeGreaterThanOrEqual(most / 2);
    }
  }
});
