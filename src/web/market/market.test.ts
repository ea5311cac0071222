import { describe, expect, test } from '@jest/globals';
import { SagaState, TradeFailure } from '../../contracts/economy.ts';
import { gaveBack, stepsOf, undoing } from './steps.ts';
import { whyNot, worthTo } from './worth.ts';

const terms = { price: 150, sellerName: 'bob', itemName: 'Iron sword' };

describe('the steps of a trade', () => {
  test.each([
    ['INITIATED', 'now open open open open'],
    ['FUNDS_RESERVING', 'done now open open open'],
    ['ITEM_LOCKING', 'done done now open open'],
    ['FUNDS_TRANSFERRING', 'done done done now open'],
    ['ITEM_TRANSFERRING', 'done done done done now'],
    ['COMPLETED', 'done done done done done'],
  ] as const)('in %s', (state, expected) => {
    const states = stepsOf(state, terms).map((step) => step.state);
    expect(states.join(' ')).toBe(expected);
  });

  test('that are undone say what comes back', () => {
    expect(undoing('COMPENSATING_FULL', terms)).toMatch(/iron sword goes back .* 150 coins come back/);
    const silent = SagaState.options.filter((state) => undoing(state, terms) === null);
    expect(silent).not.toContain('COMPENSATING_FAILED');
    expect(silent).toContain('COMPLETED');
  });

  test.each(TradeFailure.options)('a trade that failed with %s says what was given back', (failure) => {
    expect(gaveBack(failure, terms)).toMatch(/Nothing was taken|150 coins are back/);
  });
});

describe('a card', () => {
  test.each([
    [0, 5, '+5 with each blow, your first sword'],
    [10, 20, '+10 over yours'],
    [10, 10, 'As strong as yours'],
    [20, 5, '15 below yours'],
  ])('to who has +%s, +%s is "%s"', (best, damage, text) => {
    expect(worthTo(best, damage).text).toBe(text);
  });

  test.each([
    [{ price: 150, status: 'ACTIVE', mine: false }, 150, null],
    [{ price: 1_150, status: 'ACTIVE', mine: false }, 100, 'You need 1,050 more.'],
    [{ price: 150, status: 'ACTIVE', mine: true }, 900, 'This is your own offer.'],
    [{ price: 150, status: 'RESERVED', mine: false }, 900, 'Somebody is buying it right now.'],
    [{ price: 150, status: 'ACTIVE', mine: false }, null, 'Looking into your wallet …'],
  ])('%o with %s free: %s', (offer, free, why) => {
    expect(whyNot(offer, free)).toBe(why);
  });
});
