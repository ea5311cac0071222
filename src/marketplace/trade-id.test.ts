import { expect, test } from '@jest/globals';
import { TradeId } from '../contracts/ids.ts';
import { beganAt, newTradeId, span } from './trade-id.ts';

const random = TradeId.parse('2f1c6a3e-7b0d-4c55-9c0e-7d1e5b0a7f11');
const ofTheStandard = TradeId.parse('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');

test('an id says when its trade began, and no two are the same', () => {
  for (const at of [0, 1, 1_772_323_199_999, Date.now(), 2 ** 48 - 1]) {
    const [one, other] = [newTradeId(at), newTradeId(at)];
    expect(beganAt(one)).toEqual(new Date(at));
    expect(one).not.toBe(other);
  }
  expect(beganAt(ofTheStandard)).toEqual(new Date('2022-02-22T19:22:22.000Z'));
  expect(beganAt(random)).toBeUndefined();
});

test('the span of some ids is from the earliest to the latest, and all of time as soon as one does not say', () => {
  const ids = [30, 10, 20].map((at) => newTradeId(at));
  expect(span(ids)).toEqual([new Date(10), new Date(30)]);
  expect(span(ids.slice(0, 1))).toEqual([new Date(30), new Date(30)]);
  expect(span([...ids, random])).toEqual(['-infinity', 'infinity']);
});
