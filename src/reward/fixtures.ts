/** For tests: matches that have ended. */
import { randomUUID } from 'node:crypto';
import type { MatchFinished } from '../contracts/events.ts';
import { CorrelationId, EventId, MatchId, PlayerId } from '../contracts/ids.ts';
import type { FinalScore } from '../contracts/match.ts';

export const scoreOf = (more: Partial<FinalScore> = {}): FinalScore => ({
  playerId: PlayerId.parse(randomUUID()),
  username: 'somebody',
  bot: false,
  score: 140,
  hp: 60,
  resources: 0,
  outcome: 'SURVIVOR',
  ...more,
});

/** A match that ended with these scores, long ago. */
export const finishedWith = (scores: FinalScore[], seed: string = randomUUID()): MatchFinished => {
  const winners = scores.filter(({ outcome }) => outcome === 'WINNER').map(({ playerId }) => playerId);
  return {
    eventId: EventId.parse(randomUUID()),
    correlationId: CorrelationId.parse(randomUUID()),
    causationId: null,
    version: 1,
    timestamp: '2026-01-01T00:05:00.123Z',
    type: 'MatchFinished',
    payload: {
      matchId: MatchId.parse(randomUUID()),
      seq: 321,
      tick: 3000,
      finishedAt: '2026-01-01T00:05:00.000Z',
      result: { winners, draw: winners.length > 1, reason: 'TIME_LIMIT', scores },
      seed,
    },
  };
};

/** Every way to end: two winners of a draw, a survivor, the eliminated with and without resources, and bots. */
export const everyOutcome = (): MatchFinished =>
  finishedWith([
    scoreOf({ username: 'winner', outcome: 'WINNER', score: 300, hp: 80, resources: 150 }),
    scoreOf({ username: 'other-winner', outcome: 'WINNER', score: 300, hp: 80 }),
    scoreOf({ username: 'survivor', outcome: 'SURVIVOR', score: 125, resources: 75 }),
    scoreOf({ username: 'bot-alive', outcome: 'SURVIVOR', score: 90, resources: 500, bot: true }),
    scoreOf({ username: 'fallen', outcome: 'ELIMINATED', score: 60, hp: 0, resources: 33 }),
    scoreOf({ username: 'fallen-poor', outcome: 'ELIMINATED', score: 0, hp: 0 }),
    scoreOf({ username: 'bot-fallen', outcome: 'ELIMINATED', score: 20, hp: 0, resources: 10, bot: true }),
  ]);
