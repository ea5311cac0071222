import { z } from 'zod';
import { Amount } from '../contracts/economy.ts';
import type { MatchFinished, RewardGranted, ScoreUpdated } from '../contracts/events.ts';
import { ItemId } from '../contracts/ids.ts';
import { catalogue, CatalogueId } from '../contracts/items.ts';
import type { FinalScore } from '../contracts/match.ts';
import { envelope, eventIdFrom } from '../platform/outbox/outbox.ts';
import { drawInteger } from '../rules/random.ts';

const grant = (currency: number, stamps: number, item: boolean) =>
  z
    .strictObject({
      /** On top of the resources that the player holds. */
      currency: Amount.max(1_000_000).default(currency),
      stamps: z.int().min(0).max(1000).default(stamps),
      /** One of the catalogue, drawn by `rarity`. */
      item: z.boolean().default(item),
    })
    .prefault({});
const percent = (value: number) => z.int().min(0).max(100).default(value);

/** What a match is worth: the values `economy.rewards` of the chart. The eliminated get the resources that they kept. */
export const rewardsSchema = z.strictObject({
  winner: grant(500, 3, true),
  survivor: grant(200, 1, false),
  rarity: z
    .strictObject({ common: percent(60), uncommon: percent(30), rare: percent(10) })
    .refine(({ common, uncommon, rare }) => common + uncommon + rare === 100, 'the percentages do not add up to 100')
    .prefault({}),
});
export type Rewards = z.infer<typeof rewardsSchema>;

/** What a player gets for a match. All of it follows from the two arguments: computed again, it is the same, byte by byte. */
export interface Earned {
  reward: RewardGranted;
  score: ScoreUpdated;
}

/** What everybody gets who played and is no bot. */
export const earnedIn = (finished: MatchFinished, rewards: Rewards): Earned[] =>
  finished.payload.result.scores
    .filter(({ bot }) => !bot)
    .map((player) => ({
      reward: {
        ...caused(finished, 'RewardGranted', player),
        type: 'RewardGranted',
        payload: rewardOf(finished, player, rewards),
      },
      score: {
        ...caused(finished, 'ScoreUpdated', player),
        type: 'ScoreUpdated',
        payload: {
          playerId: player.playerId,
          username: player.username,
          matchId: finished.payload.matchId,
          points: player.score,
        },
      },
    }));

const caused = ({ eventId, correlationId, timestamp, payload }: MatchFinished, type: string, player: FinalScore) => ({
  ...envelope(correlationId, eventId, eventIdFrom(type, payload.matchId, player.playerId)),
  timestamp,
});

const rewardOf = (finished: MatchFinished, player: FinalScore, rewards: Rewards): RewardGranted['payload'] => {
  const { matchId } = finished.payload;
  const { playerId, outcome, resources } = player;
  const { currency, stamps, item } = grantFor(outcome, rewards);
  return {
    matchId,
    playerId,
    outcome,
    currency: currency + resources,
    stamps,
    item: item
      ? { id: ItemId.parse(eventIdFrom('item', matchId, playerId)), itemId: drawItem(finished, player, rewards) }
      : null,
  };
};

const nothing: Rewards['winner'] = { currency: 0, stamps: 0, item: false };

const grantFor = (outcome: FinalScore['outcome'], { winner, survivor }: Rewards) => {
  switch (outcome) {
    case 'WINNER':
      return winner;
    case 'SURVIVOR':
      return survivor;
    case 'ELIMINATED':
      return nothing;
  }
};

/** Drawn from the match's seed, for each player by itself. There is one kind of item of each rarity. */
const drawItem = ({ payload }: MatchFinished, { playerId }: FinalScore, { rarity }: Rewards): CatalogueId => {
  const drawn = drawInteger(payload.seed, payload.seq, `item:${playerId}`, 1, 100);
  let upTo = 0;
  for (const itemId of CatalogueId.options) {
    upTo += rarity[catalogue[itemId].rarity];
    if (drawn <= upTo) return itemId;
  }
  throw new Error(`no kind of item has the share of ${drawn} %`);
};
