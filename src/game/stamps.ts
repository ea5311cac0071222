import type { PlayerAction } from '../contracts/events.ts';
import type { OfAction, Outcome, RecordedOutcome } from '../contracts/outcomes.ts';
import { ApiError } from '../platform/errors.ts';
import { logger } from '../platform/telemetry/logger.ts';
import type { Outcomes } from './outcomes.ts';

/** A stamp that is kept for an action, with how many are left; or what became of the action already. */
export type Reservation = { stampBalance: number } | { outcome: RecordedOutcome };

/** Keeps a stamp at wallet. @throws INSUFFICIENT_STAMPS, UnavailableError */
export type KeepStamp = (action: OfAction) => Promise<{ stampBalance: number }>;

const unpaid: Outcome = { status: 402, error: 'INSUFFICIENT_STAMPS', detail: 'You have no stamps left.' };

/**
 * Stamps of sealed actions. One is kept at wallet, by the action's key, before the action goes to combat; the outcome
 * takes or returns it. So neither asking again nor dying in between costs a second one.
 */
export class Stamps {
  private readonly keep: KeepStamp;
  private readonly outcomes: Outcomes;

  constructor(keep: KeepStamp, outcomes: Outcomes) {
    this.keep = keep;
    this.outcomes = outcomes;
  }

  /** @throws ACTION_PENDING when wallet does not answer */
  async reserve(action: PlayerAction): Promise<Reservation> {
    const { playerId, actionId, matchId } = action.payload;
    try {
      return await this.keep({ playerId, actionId, matchId });
    } catch (error) {
      // Recorded, as the same key has the same answer also once there are stamps.
      if (error instanceof ApiError && error.code === 'INSUFFICIENT_STAMPS') {
        return { outcome: await this.outcomes.record(action, unpaid) };
      }
      logger.warn({ err: error }, 'no stamp, as wallet does not answer');
      const [known] = await this.outcomes.of([{ playerId, actionId }]);
      if (known) return { outcome: known.outcome };
      throw new ApiError(
        'ACTION_PENDING',
        'Stamps are not to be had right now; repeat the request with the same key.',
        {
          cause: error,
          retryAfterMs: 1000,
        },
      );
    }
  }
}
