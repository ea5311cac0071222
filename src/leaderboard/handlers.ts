import type { ScoreUpdated } from '../contracts/events.ts';
import type { Delivery } from '../platform/kafka/consumer.ts';
import { logger } from '../platform/telemetry/logger.ts';
import { metrics } from '../platform/telemetry/metrics.ts';
import type { Board } from './board.ts';
import type { Scores } from './scores.ts';

/** leaderboard-events: counts the scores of a batch, each once, and brings the totals to Redis once they are durable. */
export const countScores =
  (scores: Scores, board: Board) =>
  async (batch: Delivery<ScoreUpdated>[]): Promise<void> => {
    const { fresh, totals } = await scores.count(batch.map(({ event }) => event.payload));
    if (fresh < batch.length) {
      logger.debug({ repeated: batch.length - fresh }, 'scores were counted before');
      metrics.idempotencyHits.inc({ service: 'leaderboard', key_type: 'match_score' }, batch.length - fresh);
    }
    await board.add(totals);
  };
