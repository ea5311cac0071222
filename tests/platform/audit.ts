import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import type pg from 'pg';
import { quietKafka } from '../../scripts/lib/kafka.ts';
import { withPostgres } from '../../scripts/lib/postgres.ts';
import type { Platform } from '../../scripts/lib/platform.ts';
import { readValues } from '../../scripts/lib/values.ts';
import { MatchEvent } from '../../src/contracts/events.ts';
import type { Acknowledged, Crowd } from './crowd.ts';
import {
  keyOf,
  notAsAcknowledged,
  plain,
  replayOf,
  sorted,
  unlikeItsReplay,
  type ActionRow,
  type MatchRow,
} from './match-log.ts';

/** The game's database, as the superuser. */
export const gameDatabase = <T>(platform: Platform, work: (client: pg.Client) => Promise<T>): Promise<T> =>
  withPostgres(platform.servers.facts.postgres, readValues().databases.game?.name ?? '', work);

export interface Totals {
  matches: number;
  cancelled: number;
  actions: number;
  tookEffect: number;
  events: number;
  /** Events that are on the topic more than once, which consumers drop. */
  repeatedEvents: number;
}

/**
 * Looks at everything from outside, once nobody plays any more: each action that was acknowledged is in its match
 * exactly once, with the outcome that was told; orders have no gap; every match has ended, and its replay gives the
 * recorded state, result and events; nothing went to a dead letter queue.
 */
export const audit = async (
  platform: Platform,
  crowd: Partial<Pick<Crowd, 'acknowledged'>> & Pick<Crowd, 'results'>,
): Promise<Totals> => {
  const { matches, actions } = await gameDatabase(platform, async (client) => {
    await settled(client);
    return {
      matches: (await client.query<MatchRow>('select id, status, setup, state, seq, result from matches')).rows,
      actions: (
        await client.query<ActionRow>(
          'select player_id, action_id, match_id, payload, seq, outcome from player_actions order by match_id, seq',
        )
      ).rows,
    };
  });
  expect(matches.filter(({ status }) => status !== 'FINISHED' && status !== 'CANCELLED')).toEqual([]);
  if (crowd.acknowledged) checkAcknowledged(crowd.acknowledged, actions);
  const log = Map.groupBy(
    actions.filter(({ seq }) => seq !== null),
    (row) => row.match_id,
  );
  const { told, repeated, deadLetters } = await readEvents(platform);
  expect(deadLetters).toBe(0);
  const events = told.map(({ event }) => event);
  const byMatch = Map.groupBy(told, ({ event }) => event.payload.matchId);
  for (const match of matches) {
    if (match.status !== 'FINISHED') continue;
    checkReplay(match, log.get(match.id) ?? [], inOrder(byMatch.get(match.id) ?? []));
    const told = crowd.results.get(match.id);
    if (told) expect(told).toEqual(match.result);
  }
  checkOutcomes(actions, events);
  checkStamps(actions, events);
  return {
    matches: matches.length,
    cancelled: matches.filter(({ status }) => status === 'CANCELLED').length,
    actions: actions.length,
    tookEffect: actions.filter(({ seq }) => seq !== null).length,
    events: events.length,
    repeatedEvents: repeated,
  };
};

/** Waits until all matches have ended and the relay has published all. */
const settled = async (client: pg.Client): Promise<void> => {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const { rows } = await client.query<{ open: number; unpublished: number }>(
      `select (select count(*)::int from matches where status in ('PENDING', 'RUNNING')) as open,
              (select count(*)::int from outbox where published_at is null) as unpublished`,
    );
    if (rows[0]?.open === 0 && rows[0].unpublished === 0) return;
    if (Date.now() > deadline) throw new Error(`not settled: ${JSON.stringify(rows[0])}`);
    await sleep(200);
  }
};

const checkAcknowledged = (acknowledged: Acknowledged[], rows: ActionRow[]): void => {
  expect(notAsAcknowledged(acknowledged, rows)).toEqual([]);
  // And nothing is there that nobody did.
  expect(rows.length).toBe(acknowledged.length);
};

/** What happened in a match, as it was told: in order, in its one partition, or in each of two when the topic has grown meanwhile. */
const inOrder = (told: Told[]): MatchEvent[] => {
  const happened = told.flatMap(({ partition, event }) =>
    'seq' in event.payload && event.type !== 'StampUsed' ? [{ partition, event, seq: event.payload.seq }] : [],
  );
  const bySeq = happened.toSorted((one, other) => one.seq - other.seq);
  for (const [partition, of] of Map.groupBy(happened, (one) => one.partition))
    expect(of).toEqual(bySeq.filter((one) => one.partition === partition));
  return bySeq.map(({ event }) => event);
};

const checkReplay = (match: MatchRow, rows: ActionRow[], events: MatchEvent[]): void => {
  expect(unlikeItsReplay(match, rows)).toEqual([]);
  const played = replayOf(match, rows);
  // What was published is what happened: in this order, each once, without a gap.
  expect(events.map(({ type, payload }) => plain({ type, payload }))).toEqual(played.events.map((one) => plain(one)));
  expect(played.events.map(({ payload }) => payload.seq)).toEqual(played.events.map((_, index) => index + 1));
};

/** Every recorded action was told, and never two outcomes of one. */
const checkOutcomes = (rows: ActionRow[], events: MatchEvent[]): void => {
  const told = new Map<string, Set<string>>();
  for (const event of events) {
    if (event.type !== 'ActionResolved' && event.type !== 'ActionRejected') continue;
    const { playerId, actionId, matchId: _matchId, fingerprint: _fingerprint, ...outcome } = event.payload;
    const key = keyOf(playerId, actionId);
    told.set(key, (told.get(key) ?? new Set()).add(JSON.stringify(sorted(outcome))));
  }
  expect([...told].filter(([, outcomes]) => outcomes.size !== 1)).toEqual([]);
  expect(rows.filter((row) => !told.has(keyOf(row.player_id, row.action_id)))).toEqual([]);
};

/** Each sealed action that took effect used its stamp, and no other did. */
const checkStamps = (rows: ActionRow[], events: MatchEvent[]): void => {
  const used = events.flatMap(({ type, payload }) =>
    type === 'StampUsed' ? [[keyOf(payload.playerId, payload.actionId), payload.seq]] : [],
  );
  const sealed = rows.flatMap(({ player_id, action_id, seq, payload }) =>
    seq !== null && payload.sealed ? [[keyOf(player_id, action_id), seq]] : [],
  );
  expect(used.sort()).toEqual(sealed.sort());
};

interface Told {
  partition: number;
  event: MatchEvent;
}

/** All of match-events, each event once, in the order of its partition. */
const readEvents = async (platform: Platform) => {
  const kafka = quietKafka(platform.servers.facts.kafka);
  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets('match-events');
  const queues = await Promise.all(
    ['player-actions.dlq', 'match-events.dlq'].map((one) => admin.fetchTopicOffsets(one)),
  );
  await admin.disconnect();
  const deadLetters = queues.flat().reduce((sum, { high }) => sum + Number(high), 0);
  const missing = new Map(
    ends.filter(({ high }) => high !== '0').map(({ partition, high }) => [partition, BigInt(high)]),
  );
  const told: Told[] = [];
  const seen = new Set<string>();
  let repeated = 0;
  const consumer = kafka.consumer({ groupId: `audit-${randomUUID()}`, retry: { retries: 0 } });
  await consumer.connect();
  await consumer.subscribe({ topic: 'match-events', fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    if (missing.size === 0) resolve();
    consumer
      .run({
        eachMessage: ({ partition, message }) => {
          const event = MatchEvent.parse(JSON.parse(message.value?.toString() ?? ''));
          if (seen.has(event.eventId)) repeated++;
          else told.push({ partition, event });
          seen.add(event.eventId);
          if (BigInt(message.offset) + 1n >= (missing.get(partition) ?? 0n)) missing.delete(partition);
          if (missing.size === 0) resolve();
          return Promise.resolve();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return { told, repeated, deadLetters };
};
