import { randomUUID } from 'node:crypto';
import type { Happening, MatchEvent, PlayerAction, StampUsed } from '../contracts/events.ts';
import { CorrelationId, type MatchId } from '../contracts/ids.ts';
import type { ActionAnswer } from '../contracts/match.ts';
import { eventOf, outcomeIdentity, type Outcome } from '../contracts/outcomes.ts';
import type { Delivery } from '../platform/kafka/consumer.ts';
import type { Database, Transaction } from '../platform/database/database.ts';
import { unseen } from '../platform/outbox/inbox.ts';
import { envelope, eventIdFrom, type Outgoing } from '../platform/outbox/outbox.ts';
import type { Relay } from '../platform/outbox/relay.ts';
import { logger } from '../platform/telemetry/logger.ts';
import { causedBy } from '../platform/telemetry/propagation.ts';
import { metrics } from '../platform/telemetry/metrics.ts';
import { finish, resolve, type Action } from '../rules/index.ts';
import { actionKey, lockMatches, lockOverdue, recorded, write, writeEnd } from './store.ts';
import type { Changes, LockedMatch } from './store.ts';

/**
 * Resolves actions. The actions of one match come over several partitions to several replicas; what puts them into one
 * order is the lock of the match's row, and `seq`, which is given under it. All effects of a batch are one transaction.
 */
export class Resolver {
  private readonly database: Database;
  private readonly relay: Relay;

  constructor(database: Database, relay: Relay) {
    this.database = database;
    this.relay = relay;
  }

  /** player-actions: each action has its effect once, and its outcome is told as often as it is asked. */
  async handle(batch: Delivery<PlayerAction>[]): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const payloads = batch.map(({ event }) => event.payload);
      // One round trip, in this order: what another replica recorded under the locks is seen once they are ours.
      const [fresh, matches, known] = await Promise.all([
        unseen(transaction, 'combat', batch),
        lockMatches(transaction, [...new Set(payloads.map(({ matchId }) => matchId))]),
        recorded(transaction, payloads),
      ]);
      if (fresh.length === 0) return;
      const changes: Changes = { matches: [], actions: [], events: [] };
      const changed = new Set<MatchId>();
      for (const { event: action, record } of fresh) {
        const { matchId, playerId, actionId, fingerprint } = action.payload;
        const key = actionKey(playerId, actionId);
        const publish = (...events: Outgoing[]) => {
          changes.events.push(...events.map((event) => ({ ...event, headers: causedBy(record.headers) })));
        };
        const before = known.get(key);
        if (before) {
          metrics.idempotencyHits.inc({ service: 'combat', key_type: 'action' });
          publish(outcomeEvent(action, before.outcome, before.fingerprint));
          continue;
        }
        const match = matches.get(matchId);
        const { outcome, happened } = judge(match, action);
        if (happened.length > 0) changed.add(matchId);
        known.set(key, { outcome, fingerprint });
        changes.actions.push({
          playerId,
          actionId,
          matchId,
          type: action.payload.type,
          payload: match?.started ? engineAction(action, match.started.setup.startedAt) : action.payload,
          fingerprint,
          seq: outcome.status === 200 ? outcome.answer.seq : null,
          outcome,
        });
        // The outcome first: whoever waits for it is told without waiting for what follows.
        publish(
          outcomeEvent(action, outcome, fingerprint),
          ...stampUsed(action, outcome),
          ...asEvents(action, happened),
        );
      }
      for (const matchId of changed) {
        const started = matches.get(matchId)?.started;
        if (started) changes.matches.push({ id: matchId, state: started.state });
      }
      this.save(transaction, changes);
    });
  }

  /** Ends the matches whose time is up. Any replica may call this at any time. */
  async finishOverdue(): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const changes: Changes = { matches: [], actions: [], events: [] };
      for (const { matchId, started, now } of await lockOverdue(transaction)) {
        if (!started) continue;
        const { setup, state } = started;
        const progress = finish(setup, state, now.getTime() - setup.startedAt);
        if (progress.events.length === 0) continue;
        changes.matches.push({ id: matchId, state: progress.state });
        changes.events.push(...asEvents(null, progress.events));
      }
      if (changes.matches.length > 0) this.save(transaction, changes);
    });
  }

  /** An action that can't be handled at all is answered, so that nobody waits for it. */
  async giveUp({ event }: Delivery<PlayerAction>): Promise<void> {
    const { matchId, playerId, actionId, fingerprint, type } = event.payload;
    const outcome: Outcome = { status: 409, error: 'ACTION_FAILED', detail: 'The action could not be carried out.' };
    await this.database.transaction(async (transaction) => {
      await lockMatches(transaction, [matchId]);
      const known = await recorded(transaction, [event.payload]);
      if (known.size > 0) return;
      this.save(transaction, {
        matches: [],
        actions: [{ playerId, actionId, matchId, type, payload: event.payload, fingerprint, seq: null, outcome }],
        events: [outcomeEvent(event, outcome, fingerprint)],
      });
    });
  }

  private save(transaction: Transaction, changes: Changes): void {
    write(transaction, changes);
    for (const { event } of changes.events) {
      if (event.type !== 'MatchFinished') continue;
      const { matchId, finishedAt, result } = event.payload;
      writeEnd(transaction, matchId, finishedAt, result);
      metrics.matchesEnded.inc({ how: result.reason });
      logger.info({ matchId, reason: result.reason }, 'match finished');
    }
    transaction.afterCommit(() => {
      this.relay.wake();
    });
  }
}

/** Lets the rules judge, and brings `match` to the state after. */
const judge = (match: LockedMatch | undefined, event: PlayerAction): { outcome: Outcome; happened: Happening[] } => {
  if (!match?.started || match.status !== 'RUNNING') {
    const detail = match?.status === 'PENDING' ? 'The match has not started.' : 'The match is over.';
    return { outcome: { status: 409, error: 'MATCH_NOT_ACTIVE', detail }, happened: [] };
  }
  const { setup, state } = match.started;
  const resolution = resolve(setup, state, engineAction(event, setup.startedAt));
  if (resolution.outcome === 'resolved') {
    match.started = { setup, state: resolution.state };
    if (resolution.state.ended !== null) match.status = 'FINISHED';
    return { outcome: { status: 200, answer: withBalance(resolution.answer, event) }, happened: resolution.events };
  }
  const { code, detail, retryAfterMs } = resolution;
  return { outcome: { status: 409, error: code, detail, retryAfterMs }, happened: [] };
};

/** The action as the rules know it; its time counts from the start of the match. */
const engineAction = ({ payload }: PlayerAction, startedAt: number): Action => {
  const { playerId, actionId, sealed, receivedAt } = payload;
  const common = { playerId, actionId, sealed, at: Math.max(0, receivedAt - startedAt) };
  switch (payload.type) {
    case 'move':
      return { ...common, type: payload.type, direction: payload.direction };
    case 'attack':
      return { ...common, type: payload.type, targetId: payload.targetId };
    case 'defend':
    case 'collect':
      return { ...common, type: payload.type };
  }
};

/** The answer to a sealed action says how many stamps are left; game knows it from keeping this one. */
const withBalance = (answer: ActionAnswer, { payload: { stampBalance } }: PlayerAction): ActionAnswer =>
  answer.sealed && stampBalance !== undefined ? { ...answer, stampBalance } : answer;

const outcomeEvent = (action: PlayerAction, outcome: Outcome, fingerprint: string): Outgoing => {
  const head = envelope(action.correlationId, action.eventId, eventIdFrom(...outcomeIdentity(action.payload)));
  const event: MatchEvent = { ...head, ...eventOf(action.payload, outcome, fingerprint) };
  return { topic: 'match-events', key: action.payload.matchId, event };
};

/** A sealed action that took effect used its stamp. */
const stampUsed = (action: PlayerAction, outcome: Outcome): Outgoing[] => {
  if (outcome.status !== 200 || !outcome.answer.sealed) return [];
  const { matchId, playerId, actionId } = action.payload;
  const { seq, tick } = outcome.answer;
  const event: StampUsed = {
    ...envelope(action.correlationId, action.eventId),
    type: 'StampUsed',
    payload: { matchId, seq, tick, actionId, playerId },
  };
  return [{ topic: 'match-events', key: matchId, event }];
};

const asEvents = (action: PlayerAction | null, happened: Happening[]): Outgoing[] =>
  happened.map((happening) => {
    const correlationId = action?.correlationId ?? CorrelationId.parse(randomUUID());
    const event: MatchEvent = { ...envelope(correlationId, action?.eventId ?? null), ...happening };
    return { topic: 'match-events', key: happening.payload.matchId, event };
  });
