import { randomUUID } from 'node:crypto';
import type { MatchEvent, PlayerAction } from '../contracts/events.ts';
import { EventId, type ActionId, type CorrelationId, type MatchId, type PlayerId } from '../contracts/ids.ts';
import type { ActionAnswer, ActionRequest } from '../contracts/match.ts';
import { ApiError } from '../platform/errors.ts';
import type { Producer } from '../platform/kafka/producer.ts';
import type { Lifecycle } from '../platform/lifecycle.ts';
import { metrics } from '../platform/telemetry/metrics.ts';
import type { Hub } from './hub.ts';
import type { Matches } from './matches.ts';
import type { Outcome, Outcomes } from './outcomes.ts';

/** An action as a player asks for it. */
export interface Intent {
  matchId: MatchId;
  playerId: PlayerId;
  actionId: ActionId;
  request: ActionRequest;
  correlationId: CorrelationId;
}

interface Waiter {
  playerId: PlayerId;
  actionId: ActionId;
  fingerprint: string;
  since: number;
  outcome: Promise<Outcome>;
  settle(outcome: Outcome): void;
}

/** When an outcome is asked of the database instead of waiting for its event: its reader may be gone, or Redis. */
const askAfterMs = 1000;
const askEveryMs = 250;

const waiterKey = (playerId: PlayerId, actionId: ActionId) => `${playerId}/${actionId}`;

/** What is asked for, as the rules know it. */
const asked = (request: ActionRequest) => {
  switch (request.type) {
    case 'move':
      return { type: request.type, direction: request.payload.direction };
    case 'attack':
      return { type: request.type, targetId: request.payload.targetId };
    case 'defend':
    case 'collect':
      return { type: request.type };
  }
};

/** Which request this is: the same key with another fingerprint is another request. */
const fingerprintOf = ({ matchId, request }: Intent): string =>
  JSON.stringify([matchId, asked(request), request.useStamp === true]);

/**
 * Takes actions in and answers with their authoritative outcome, which combat alone decides. A repeated request is sent
 * on like the first: combat knows the action and tells its outcome again. So any replica can answer at any time.
 */
export class Intake {
  private readonly waiting = new Map<string, Waiter>();
  private readonly producer: Producer;
  private readonly matches: Matches;
  private readonly outcomes: Outcomes;
  private readonly hub: Hub;
  private readonly timeoutMs: number;

  constructor(
    parts: { producer: Producer; matches: Matches; outcomes: Outcomes; hub: Hub },
    timeoutMs: number,
    lifecycle: Lifecycle,
  ) {
    this.producer = parts.producer;
    this.matches = parts.matches;
    this.outcomes = parts.outcomes;
    this.hub = parts.hub;
    this.timeoutMs = timeoutMs;
    const timer = setInterval(() => void this.ask(), askEveryMs);
    lifecycle.onStop('intake', () => {
      clearInterval(timer);
    });
  }

  /** How many requests wait for their outcome. */
  get pending(): number {
    return this.waiting.size;
  }

  /** @throws what the rules refuse, MATCH_NOT_FOUND, NOT_IN_MATCH, IDEMPOTENCY_KEY_REUSED, ACTION_PENDING */
  async act(intent: Intent): Promise<ActionAnswer> {
    const { matchId, playerId, actionId } = intent;
    await this.matches.assertMember(matchId, playerId);
    if (intent.request.useStamp === true) {
      throw new ApiError('INSUFFICIENT_STAMPS', 'You have no stamps.');
    }
    await this.hub.watch(matchId);
    const end = metrics.actionRoundTrip.startTimer();
    try {
      const fingerprint = fingerprintOf(intent);
      const key = waiterKey(playerId, actionId);
      const waiter = this.waiting.get(key) ?? this.send(key, intent, fingerprint);
      const outcome = await withTimeout(waiter.outcome, this.timeoutMs);
      end({ outcome: outcome.status === 200 ? 'resolved' : 'rejected' });
      return answerFrom(outcome, fingerprint);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code === 'ACTION_PENDING') end({ outcome: 'pending' });
      throw error;
    } finally {
      this.hub.unwatch(matchId);
    }
  }

  /** An outcome, from wherever it was heard. */
  heard(event: MatchEvent): void {
    if (event.type === 'ActionResolved') {
      const { playerId, actionId, fingerprint, answer } = event.payload;
      this.settle(playerId, actionId, { status: 200, fingerprint, answer });
    } else if (event.type === 'ActionRejected') {
      const { playerId, actionId, fingerprint, error, detail, retryAfterMs } = event.payload;
      this.settle(playerId, actionId, { status: 409, fingerprint, error, detail, retryAfterMs });
    }
  }

  private settle(playerId: PlayerId, actionId: ActionId, outcome: Outcome): void {
    this.waiting.get(waiterKey(playerId, actionId))?.settle(outcome);
  }

  private send(key: string, intent: Intent, fingerprint: string): Waiter {
    const { playerId, actionId } = intent;
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    const waiter: Waiter = { playerId, actionId, fingerprint, since: Date.now(), outcome: promise, settle: resolve };
    this.waiting.set(key, waiter);
    const forget = () => {
      if (this.waiting.get(key) === waiter) this.waiting.delete(key);
    };
    void withTimeout(promise, this.timeoutMs).then(forget, forget);
    const value = JSON.stringify(playerAction(intent, fingerprint));
    // Not awaited: nobody waits longer than the time-out, however long Kafka takes to confirm.
    this.producer.send([{ topic: 'player-actions', key: playerId, value }]).catch((error: unknown) => {
      reject(new ApiError('ACTION_PENDING', pendingDetail, { cause: error, retryAfterMs: 1000 }));
    });
    return waiter;
  }

  private asking = false;

  /** Without Redis, or while the share of a dead replica has no reader yet, the database tells. */
  private async ask(): Promise<void> {
    const late = [...this.waiting.values()].filter(({ since }) => Date.now() - since > askAfterMs);
    if (late.length === 0 || this.asking) return;
    this.asking = true;
    try {
      for (const { playerId, actionId, outcome } of await this.outcomes.of(late)) {
        this.settle(playerId, actionId, outcome);
      }
    } catch {
      // The database is away too: the request ends with ACTION_PENDING.
    } finally {
      this.asking = false;
    }
  }
}

const playerAction = (intent: Intent, fingerprint: string): PlayerAction => {
  const { matchId, playerId, actionId, request, correlationId } = intent;
  const now = new Date();
  return {
    eventId: EventId.parse(randomUUID()),
    correlationId,
    causationId: actionId,
    version: 1,
    timestamp: now.toISOString(),
    type: 'PlayerAction',
    payload: {
      matchId,
      playerId,
      actionId,
      fingerprint,
      ...asked(request),
      sealed: request.useStamp === true,
      receivedAt: now.getTime(),
    },
  };
};

const pendingDetail = 'The outcome is not known yet; repeat the request with the same key.';

const withTimeout = async (outcome: Promise<Outcome>, ms: number): Promise<Outcome> => {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new ApiError('ACTION_PENDING', pendingDetail, { retryAfterMs: 1000 }));
    }, ms);
  });
  try {
    return await Promise.race([outcome, timeout]);
  } finally {
    clearTimeout(timer);
  }
};

const answerFrom = (outcome: Outcome, fingerprint: string): ActionAnswer => {
  if (outcome.fingerprint !== fingerprint) {
    throw new ApiError('IDEMPOTENCY_KEY_REUSED', 'This key was used for another action; take a new one.');
  }
  if (outcome.status === 200) return outcome.answer;
  throw new ApiError(outcome.error, outcome.detail, { retryAfterMs: outcome.retryAfterMs });
};
