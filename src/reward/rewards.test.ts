import { expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { MatchFinished, RewardGranted, ScoreUpdated } from '../contracts/events.ts';
import { PlayerId } from '../contracts/ids.ts';
import { CatalogueId } from '../contracts/items.ts';
import { PlayerOutcome } from '../contracts/match.ts';
import { readConfig } from '../platform/config.ts';
import { rewardEnv } from './config.ts';
import { everyOutcome, finishedWith, scoreOf } from './fixtures.ts';
import { earnedIn, rewardsSchema, type Rewards } from './rewards.ts';

const standard = rewardsSchema.parse({});

test.each([
  ['WINNER', 0, { currency: 500, stamps: 3, item: true }],
  ['WINNER', 120, { currency: 620, stamps: 3, item: true }],
  ['SURVIVOR', 0, { currency: 200, stamps: 1, item: false }],
  ['SURVIVOR', 75, { currency: 275, stamps: 1, item: false }],
  ['ELIMINATED', 0, { currency: 0, stamps: 0, item: false }],
  ['ELIMINATED', 33, { currency: 33, stamps: 0, item: false }],
] as const)('%s with %i resources gets what product.md says', (outcome, resources, expected) => {
  const player = scoreOf({ outcome, resources, score: 17, username: 'ada' });
  const finished = finishedWith([player]);
  const [earned, ...others] = earnedIn(finished, standard);
  expect(others).toEqual([]);
  const { matchId } = finished.payload;
  const { playerId } = player;
  const { item, ...rest } = earned?.reward.payload ?? {};
  expect({ ...rest, item: item !== null }).toEqual({ matchId, playerId, outcome, ...expected });
  expect(earned?.score.payload).toEqual({ matchId, playerId, username: 'ada', points: 17 });
});

test('in a draw each winner has the whole reward, and an item of its own', () => {
  const finished = finishedWith([scoreOf({ outcome: 'WINNER' }), scoreOf({ outcome: 'WINNER' })]);
  const items = earnedIn(finished, standard).map(({ reward }) => reward.payload.item?.id);
  expect(items).toEqual([expect.any(String), expect.any(String)]);
  expect(new Set(items).size).toBe(2);
});

test('bots earn nothing, and take nothing from the others', () => {
  const winner = scoreOf({ outcome: 'WINNER', bot: true, resources: 100 });
  const fallen = scoreOf({ outcome: 'ELIMINATED', resources: 10 });
  const earned = earnedIn(finishedWith([winner, fallen]), standard);
  expect(earned.map(({ reward, score }) => [reward.payload.playerId, score.payload.playerId])).toEqual([
    [fallen.playerId, fallen.playerId],
  ]);
  expect(earnedIn(finishedWith([winner]), standard)).toEqual([]);
});

const scores = fc
  .array(
    fc.record({
      outcome: fc.constantFrom(...PlayerOutcome.options),
      score: fc.nat(100_000),
      resources: fc.nat(100_000),
      bot: fc.boolean(),
    }),
    { maxLength: 6 },
  )
  .map((players) => players.map(scoreOf));
const rewards = fc
  .record({
    winner: fc.record({ currency: fc.nat(1_000_000), stamps: fc.nat(1000), item: fc.boolean() }),
    survivor: fc.record({ currency: fc.nat(1_000_000), stamps: fc.nat(1000), item: fc.boolean() }),
    rarity: fc
      .tuple(fc.nat(100), fc.nat(100))
      .map(([a, b]) => ({ common: Math.min(a, b), uncommon: Math.abs(a - b), rare: 100 - Math.max(a, b) })),
  })
  .map((values): Rewards => rewardsSchema.parse(values));

test('whatever a match ends with: computed again, later, all is the same byte by byte, and valid', () => {
  jest.useFakeTimers();
  try {
    fc.assert(
      fc.property(scores, fc.string(), rewards, (players, seed, values) => {
        const finished = finishedWith(players, seed);
        const first = JSON.stringify(earnedIn(finished, values));
        jest.advanceTimersByTime(60_000);
        const again = MatchFinished.parse(JSON.parse(JSON.stringify(finished)));
        expect(JSON.stringify(earnedIn(again, values))).toBe(first);
        for (const { reward, score } of earnedIn(finished, values)) {
          expect(RewardGranted.parse(reward)).toEqual(reward);
          expect(ScoreUpdated.parse(score)).toEqual(score);
        }
      }),
    );
  } finally {
    jest.useRealTimers();
  }
});

test('every event of every player of every match has an id of its own, and names the end of the match as its cause', () => {
  const matches = Array.from({ length: 50 }, everyOutcome);
  const events = matches.flatMap((finished) =>
    earnedIn(finished, standard).flatMap(({ reward, score }) => {
      for (const { causationId, correlationId, timestamp } of [reward, score]) {
        expect({ causationId, correlationId, timestamp }).toEqual({
          causationId: finished.eventId,
          correlationId: finished.correlationId,
          timestamp: finished.timestamp,
        });
      }
      const { item } = reward.payload;
      return [reward.eventId, score.eventId, ...(item ? [item.id] : [])];
    }),
  );
  expect(events).toHaveLength(50 * (5 * 2 + 2));
  expect(new Set(events).size).toBe(events.length);
});

test('the same player in another match, and another player in the same, have other ids', () => {
  const player = scoreOf({ outcome: 'WINNER' });
  const idOf = (finished: MatchFinished) => earnedIn(finished, standard).map(({ reward }) => reward.payload.item?.id);
  const finished = finishedWith([player, scoreOf({ outcome: 'WINNER' })]);
  expect(new Set([...idOf(finished), ...idOf(finishedWith([player]))]).size).toBe(3);
});

test('of 10,000 items 60 % are iron, 30 % steel, 10 % rare, give or take one in a hundred', () => {
  const counts = new Map<CatalogueId, number>();
  const player = scoreOf({ outcome: 'WINNER', playerId: PlayerId.parse('a0000000-0000-4000-8000-000000000001') });
  for (let seed = 0; seed < 10_000; seed++) {
    const [earned] = earnedIn(finishedWith([player], `seed ${seed}`), standard);
    const kind = CatalogueId.parse(earned?.reward.payload.item?.itemId);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const expected = { iron_sword: 6000, steel_sword: 3000, rare_sword_01: 1000 };
  for (const kind of CatalogueId.options) {
    expect(Math.abs((counts.get(kind) ?? 0) - expected[kind])).toBeLessThan(100);
  }
});

test.each(CatalogueId.options)('a share of 100 % gives nothing but %s', (itemId) => {
  const rarity = {
    common: itemId === 'iron_sword' ? 100 : 0,
    uncommon: itemId === 'steel_sword' ? 100 : 0,
    rare: itemId === 'rare_sword_01' ? 100 : 0,
  };
  const values = rewardsSchema.parse({ rarity });
  for (let round = 0; round < 300; round++) {
    const [earned] = earnedIn(finishedWith([scoreOf({ outcome: 'WINNER' })]), values);
    expect(earned?.reward.payload.item?.itemId).toBe(itemId);
  }
});

const configured = (text?: string) =>
  readConfig(rewardEnv, { KAFKA_BROKERS: 'localhost:9092', ...(text === undefined ? {} : { REWARDS: text }) }).REWARDS;

test('REWARDS changes what it names, and nothing else', () => {
  expect(configured()).toEqual(standard);
  expect(configured('{"survivor":{"item":true},"rarity":{"common":50,"uncommon":40}}')).toEqual({
    winner: { currency: 500, stamps: 3, item: true },
    survivor: { currency: 200, stamps: 1, item: true },
    rarity: { common: 50, uncommon: 40, rare: 10 },
  });
});

test.each([
  ['{"rarity":{"common":61}}', 'do not add up to 100'],
  ['{"winner":{"currency":-1}}', '>=0'],
  ['{"winner":{"currency":0.5}}', 'int'],
  ['{"loser":{}}', 'loser'],
  ['winner', 'is not JSON'],
])('REWARDS %s stops the start of the service, and the message says why', (text, message) => {
  expect(() => configured(text)).toThrow(message);
});
