import { describe, expect, test } from '@jest/globals';
import { AcceptedTrade, Trade } from '../../contracts/economy.ts';
import type { SagaState } from '../../contracts/economy.ts';
import { describeItem } from '../../contracts/items.ts';
import { Failure } from '../session/failure.ts';
import { buy } from './purchase.ts';
import type { Purchase } from './purchase.ts';

const id = '0b5f4f3e-52a4-4a6e-9d3e-000000000001';
const accepted = AcceptedTrade.parse({ tradeId: id, listingId: id, status: 'PENDING', price: 150 });
const trade = (sagaState: SagaState): Trade =>
  Trade.parse({
    tradeId: id,
    listingId: id,
    itemId: id,
    item: describeItem('iron_sword'),
    buyerId: id,
    buyerName: 'ada',
    sellerId: id,
    sellerName: 'bob',
    price: 150,
    fee: 7,
    status: sagaState === 'COMPLETED' || sagaState === 'FAILED' ? sagaState : 'PENDING',
    sagaState,
    failure: sagaState === 'FAILED' ? 'TIMED_OUT' : null,
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
  });

/** Buys from a market that gives these answers, one after the other; the last is given for ever. */
async function buyFrom(orders: (AcceptedTrade | Failure)[], looks: (Trade | Failure)[], stopAfter = Infinity) {
  const told: Purchase[] = [];
  const waited: number[] = [];
  const next = async <T>(answers: (T | Failure)[]): Promise<T> => {
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer === undefined) throw new Error('no answer');
    if (answer instanceof Failure) throw answer;
    return answer;
  };
  await buy({
    order: () => next(orders),
    look: () => next(looks),
    wait: async (ms) => void waited.push(ms),
    tell: (purchase) => told.push(purchase),
    watched: () => told.length < stopAfter,
  });
  return { told, waited, last: told.at(-1) };
}

describe('a purchase', () => {
  test('is followed every 300 ms to its end', async () => {
    const { told, waited } = await buyFrom(
      [accepted],
      [trade('FUNDS_RESERVING'), trade('FUNDS_TRANSFERRING'), trade('COMPLETED')],
    );
    expect(told.map((one) => (one.phase === 'trading' ? one.trade?.sagaState : one.phase))).toEqual([
      'ordering',
      undefined,
      'FUNDS_RESERVING',
      'FUNDS_TRANSFERRING',
      'COMPLETED',
    ]);
    expect(waited).toEqual([300, 300]);
  });

  test('that fails is followed to its end too', async () => {
    const { last } = await buyFrom([accepted], [trade('COMPENSATING_FULL'), trade('FAILED')]);
    expect(last).toMatchObject({ phase: 'trading', trade: { status: 'FAILED', failure: 'TIMED_OUT' } });
  });

  test.each(['OFFLINE', 'UNAVAILABLE', 'RATE_LIMITED'] as const)('asks again while the market is %s', async (code) => {
    const { told, last } = await buyFrom([new Failure(code), accepted], [trade('COMPLETED')]);
    expect(told).toContainEqual({ phase: 'ordering', lost: true });
    expect(last).toMatchObject({ trade: { status: 'COMPLETED' } });
  });

  test.each(['INSUFFICIENT_BALANCE', 'LISTING_NOT_ACTIVE', 'CIRCUIT_OPEN'] as const)(
    'that is refused with %s ends with a sentence',
    async (code) => {
      const { last } = await buyFrom([new Failure(code)], []);
      expect(last?.phase).toBe('refused');
      expect(last).not.toMatchObject({ why: 'That did not work. Try again in a moment.' });
    },
  );

  test('goes on being followed when an answer is lost on the way', async () => {
    const { told, last } = await buyFrom(
      [accepted],
      [trade('ITEM_LOCKING'), new Failure('OFFLINE'), trade('COMPLETED')],
    );
    expect(told).toContainEqual({ phase: 'trading', tradeId: id, trade: trade('ITEM_LOCKING'), lost: true });
    expect(last).toMatchObject({ lost: false, trade: { status: 'COMPLETED' } });
  });

  test('nobody watches any more is left alone', async () => {
    const { told } = await buyFrom([accepted], [trade('ITEM_LOCKING')], 5);
    expect(told).toHaveLength(5);
  });
});
