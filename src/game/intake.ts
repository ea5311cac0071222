import { randomUUID } from 'node:crypto';
import type { MatchEvent, PlayerAction } from '../contracts/events.ts';
import { EventId, type ActionId, type CorrelationId, type MatchId, type PlayerId } from '../contracts/ids.ts';
import type { ActionAnswer, ActionRequest } from '../contracts/match.ts';
import { outcomeOf, unknownFingerprint, type RecordedOutcome } from '../contracts/outcomes.ts';
import { ApiError } from '../platform/errors.ts';
import type { Producer } from '../platform/kafka/producer.ts';
import type { Lifecycle } from '../platform/lifecycle.ts';
import { metrics } from '../platform/telemetry/metrics.ts';
import type { Hub } from './hub.ts';
import type { Matches } from './matches.ts';
import type { Outcomes } from './outcomes.ts';
import type { Stamps } from './stamps.ts';

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
  /** Kafka has it. */
  produced: boolean;
  /** Resolves with the outcome, or when nobody waits for it any more. */
  over: Promise<void>;
  outcome: Promise<RecordedOutcome>;
  settle(outcome: RecordedOutcome): void;
  fail(error: unknown): void;
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
  /** The last action of each player that waits for a stamp, or for one that does: the next goes after it. */
  private readonly queues = new Map<PlayerId, Promise<void>>();
  private readonly producer: Producer;
  private readonly matches: Matches;
  private readonly outcomes: Outcomes;
  private readonly stamps: Stamps;
  private readonly hub: Hub;
  private readonly timeoutMs: number;

  constructor(
    parts: { producer: Producer; matches: Matches; outcomes: Outcomes; stamps: Stamps; hub: Hub },
    timeoutMs: number,
    lifecycle: Lifecycle,
  ) {
    this.producer = parts.producer;
    this.matches = parts.matches;
    this.outcomes = parts.outcomes;
    this.stamps = parts.stamps;
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

  /** @throws what the rules refuse, MATCH_NOT_FOUND, NOT_IN_MATCH, INSUFFICIENT_STAMPS, IDEMPOTENCY_KEY_REUSED, ACTION_PENDING */
  async act(intent: Intent): Promise<ActionAnswer> {
    const { matchId, playerId, actionId } = intent;
    await this.matches.assertMember(matchId, playerId);
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

  /**
   * Resolves when what Kafka has until now is handled, or is not waited for any more: who repeats it sends it after that.
   * A player's next action may go to another partition then, and still comes after those before it.
   */
  async settled(): Promise<void> {
    await Promise.all([...this.waiting.values()].filter(({ produced }) => produced).map(({ over }) => over));
  }

  /** An outcome, from wherever it was heard. */
  heard(event: MatchEvent): void {
    if (event.type === 'ActionResolved' || event.type === 'ActionRejected') {
      const { playerId, actionId } = event.payload;
      this.settle(playerId, actionId, outcomeOf(event));
    }
  }

  private settle(playerId: PlayerId, actionId: ActionId, outcome: RecordedOutcome): void {
    this.waiting.get(waiterKey(playerId, actionId))?.settle(outcome);
  }

  private send(key: string, intent: Intent, fingerprint: string): Waiter {
    const { playerId, actionId } = intent;
    const { promise: outcome, resolve: settle, reject: fail } = Promise.withResolvers<RecordedOutcome>();
    const forget = () => {
      if (this.waiting.get(key) === waiter) this.waiting.delete(key);
    };
    const over = withTimeout(outcome, this.timeoutMs).then(forget, forget);
    const ours = { playerId, actionId, fingerprint, since: Date.now(), produced: false };
    const waiter: Waiter = { ...ours, over, outcome, settle, fail };
    this.waiting.set(key, waiter);
    const action = playerAction(intent, fingerprint);
    const ahead = this.queues.get(playerId);
    if (action.payload.sealed || ahead) this.queue(action, waiter, ahead);
    else this.produce(action, waiter);
    return waiter;
  }

  /** A sealed action gets its stamp at once; it is produced after what its player sent before. */
  private queue(action: PlayerAction, waiter: Waiter, ahead: Promise<void> | undefined): void {
    const { playerId } = action.payload;
    const reserved = action.payload.sealed ? this.stamps.reserve(action) : undefined;
    const turn = Promise.allSettled([reserved, ahead]).then(([stamp]) => {
      if (this.queues.get(playerId) === turn) this.queues.delete(playerId);
      if (stamp.status === 'rejected') waiter.fail(stamp.reason);
      else if (stamp.value === undefined) this.produce(action, waiter);
      else if ('outcome' in stamp.value) waiter.settle(stamp.value.outcome);
      else this.produce({ ...action, payload: { ...action.payload, ...stamp.value } }, waiter);
    });
    this.queues.set(playerId, turn);
  }

  private produce(action: PlayerAction, waiter: Waiter): void {
    const record = { topic: 'player-actions', key: action.payload.playerId, value: JSON.stringify(action) };
    // Not awaited: nobody waits longer than the time-out, however long Kafka takes to confirm.
    this.producer.send([record]).then(
      () => (waiter.produced = true),
      (error: unknown) => {
        waiter.fail(new ApiError('ACTION_PENDING', pendingDetail, { cause: error, retryAfterMs: 1000 }));
      },
    );
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

const withTimeout = async (outcome: Promise<RecordedOutcome>, ms: number): Promise<RecordedOutcome> => {
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

const answerFrom = (outcome: RecordedOutcome, fingerprint: string): ActionAnswer => {
  if (outcome.fingerprint !== fingerprint && outcome.fingerprint !== unknownFingerprint) {
    throw new ApiError('IDEMPOTENCY_KEY_REUSED', 'This key was used for another action; take a new one.');
  }
  if (outcome.status === 200) return outcome.answer;
  throw new ApiError(outcome.error, outcome.detail, { retryAfterMs: outcome.retryAfterMs });
};
