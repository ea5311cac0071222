import { setTimeout as sleep } from 'node:timers/promises';
import { PlayerAction, type MatchEvent } from '../contracts/events.ts';
import type { MatchView } from '../contracts/match.ts';
import { readConfig, redisEnv } from '../platform/config.ts';
import type { Database } from '../platform/database/database.ts';
import { UnavailableError } from '../platform/errors.ts';
import type { Producer } from '../platform/kafka/producer.ts';
import type { Lifecycle } from '../platform/lifecycle.ts';
import { openChannel } from '../platform/redis.ts';
import { defaultRules } from '../rules/index.ts';
import { Hub } from './hub.ts';
import { Intake } from './intake.ts';
import { Matches } from './matches.ts';
import { Outcomes } from './outcomes.ts';
import { Stamps, type KeepStamp } from './stamps.ts';

export interface ReplicaOptions {
  database: Database;
  /** Its port, or what the environment says of a cluster. */
  redisAt: number | { REDIS_NODES: string; REDIS_MODE: string };
  lifecycle: Lifecycle;
  timeoutMs?: number;
  /** Wallet, as the test plays it; without it is away. */
  keepStamp?: KeepStamp;
}

/** What takes actions in and tells what happened, as in a replica of game; Kafka and wallet are played by the test. */
export const testReplica = async ({ database, redisAt, lifecycle, timeoutMs = 5000, keepStamp }: ReplicaOptions) => {
  const at = typeof redisAt === 'number' ? { REDIS_NODES: `127.0.0.1:${redisAt}` } : redisAt;
  const env = readConfig(redisEnv, at);
  const sent: PlayerAction[] = [];
  const producer: Producer = {
    send: async (records) => {
      sent.push(...records.map(({ value }) => PlayerAction.parse(JSON.parse(String(value)))));
    },
  };
  const told: ({ event: MatchEvent } | { state: MatchView })[] = [];
  const matches = new Matches(database, defaultRules);
  const [publisher, subscriber] = [openChannel(env, lifecycle, 'publisher'), openChannel(env, lifecycle, 'subscriber')];
  const hub: Hub = new Hub(
    publisher,
    subscriber,
    matches,
    {
      event: (_matchId, event) => {
        intake.heard(event);
        told.push({ event });
      },
      state: (_matchId, state) => told.push({ state }),
    },
    lifecycle,
  );
  const outcomes = new Outcomes(database, { wake: () => undefined });
  const away: KeepStamp = () => Promise.reject(new UnavailableError('wallet is away'));
  const stamps = new Stamps(keepStamp ?? away, outcomes);
  const intake = new Intake({ producer, matches, outcomes, stamps, hub }, timeoutMs, lifecycle);
  await until('Redis is there', () => publisher.status === 'ready' && subscriber.status === 'ready');
  return { hub, intake, outcomes, sent, told, producer, subscriber };
};
export type TestReplica = Awaited<ReturnType<typeof testReplica>>;

/** Waits for what must come. */
export const until = async (what: string, holds: () => boolean): Promise<void> => {
  for (const deadline = Date.now() + 10_000; !holds();) {
    if (Date.now() > deadline) throw new Error(`never: ${what}`);
    await sleep(5);
  }
};
