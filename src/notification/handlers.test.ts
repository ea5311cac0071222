import { describe, expect, test } from '@jest/globals';
import { systemAccounts } from '../contracts/economy.ts';
import { EconomyEvent, MatchEvent } from '../contracts/events.ts';
import { addressedBy } from './handlers.ts';

const uuid = (n: number) => `0b5f4f3e-52a4-4a6e-9d3e-${String(n).padStart(12, '0')}`;
const head = {
  eventId: uuid(1),
  correlationId: uuid(2),
  causationId: null,
  version: 1,
  timestamp: '2026-01-02T03:04:05.678Z',
};
const told = { id: head.eventId, at: head.timestamp };
const economy = (type: string, payload: object) => EconomyEvent.parse({ ...head, type, payload });
const match = (type: string, payload: object) => MatchEvent.parse({ ...head, type, payload });

const trade = {
  tradeId: uuid(10),
  listingId: uuid(11),
  itemId: uuid(12),
  item: 'iron_sword',
  buyerId: uuid(13),
  buyerName: 'Ada',
  sellerId: uuid(14),
  sellerName: 'Bob',
  price: 100,
  fee: 5,
};
const ofHouse = { ...trade, sellerId: systemAccounts.house, sellerName: 'House' };
const score = (n: number, bot: boolean) => ({
  playerId: uuid(n),
  username: `player-${n}`,
  bot,
  score: 1,
  hp: 1,
  resources: 0,
  outcome: 'SURVIVOR',
});
const result = { winners: [uuid(20)], draw: false, reason: 'TIME_LIMIT', scores: [score(20, false), score(21, true)] };
const reward = { matchId: uuid(30), playerId: uuid(20), outcome: 'WINNER', currency: 500, stamps: 3, item: null };

describe('who is told what', () => {
  test('a reward: the player', () => {
    expect(addressedBy(economy('RewardGranted', reward))).toEqual([
      { playerId: uuid(20), notification: { ...told, type: 'reward.granted', reward } },
    ]);
  });

  test('a trade: the buyer and the seller, each with its role; the house is nobody', () => {
    expect(addressedBy(economy('TradeCompleted', trade))).toEqual([
      { playerId: uuid(13), notification: { ...told, type: 'trade.completed', role: 'buyer', trade } },
      { playerId: uuid(14), notification: { ...told, type: 'trade.completed', role: 'seller', trade } },
    ]);
    const failed = { ...told, type: 'trade.failed', trade: ofHouse, failure: 'TIMED_OUT' };
    expect(addressedBy(economy('TradeFailed', { ...ofHouse, failure: 'TIMED_OUT' }))).toEqual([
      { playerId: uuid(13), notification: { ...failed, role: 'buyer' } },
    ]);
  });

  test('the end of a match, or that there is none: the people in it', () => {
    const finished = match('MatchFinished', {
      matchId: uuid(30),
      seq: 9,
      tick: 3000,
      finishedAt: head.timestamp,
      result,
      seed: 'secret',
    });
    expect(addressedBy(finished)).toEqual([
      { playerId: uuid(20), notification: { ...told, type: 'match.finished', matchId: uuid(30), result } },
    ]);
    const players = [
      { playerId: uuid(20), username: 'Ada', bot: false },
      { playerId: uuid(21), username: 'Bot', bot: true },
    ];
    expect(addressedBy(match('MatchCancelled', { matchId: uuid(30), players }))).toEqual([
      { playerId: uuid(20), notification: { ...told, type: 'match.cancelled', matchId: uuid(30) } },
    ]);
  });

  test('all else: nobody', () => {
    expect(addressedBy(economy('FundsReserved', { tradeId: uuid(10) }))).toEqual([]);
    expect(addressedBy(economy('TradeRequested', trade))).toEqual([]);
  });
});
