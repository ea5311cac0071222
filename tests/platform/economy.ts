import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { KafkaJSProtocolError, type Producer } from 'kafkajs';
import { quietKafka, withKafkaAdmin } from '../../scripts/lib/kafka.ts';
import { grant, type Grant } from '../../scripts/lib/load/grants.ts';
import { checkMoney, checkWithin, describe as words } from '../../scripts/lib/money/money.ts';
import { embedded } from '../../scripts/lib/money/sources.ts';
import type { Platform } from '../../scripts/lib/platform.ts';
import { readValues } from '../../scripts/lib/values.ts';
import type { PlayerId } from '../../src/contracts/ids.ts';
import { rewardsSchema } from '../../src/reward/rewards.ts';

/** The money of a platform as it is seen from outside: by its databases and topics. */
export class Economy {
  private readonly platform: Platform;
  private readonly values = readValues();
  private readonly producer: Producer;

  private constructor(platform: Platform, producer: Producer) {
    this.platform = platform;
    this.producer = producer;
  }

  static async of(platform: Platform): Promise<Economy> {
    const kafka = quietKafka(platform.servers.serviceFacts.kafka);
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    return new Economy(platform, producer);
  }

  close(): Promise<void> {
    return this.producer.disconnect();
  }

  /** A reward as a match would give it, so that a test need not play one. */
  grant(playerId: PlayerId, given: Grant): Promise<void> {
    return grant(this.producer, playerId, given);
  }

  /** Waits until nothing is under way any more. Answers how long that took, in ms. @throws what is still under way */
  async settled(withinMs = 60_000): Promise<number> {
    const begun = Date.now();
    for (;;) {
      const open = await this.underWay();
      const tookMs = Date.now() - begun;
      if (open.length === 0) return tookMs;
      if (tookMs > withinMs) throw new Error(`not settled after ${tookMs} ms: ${open.join('; ')}`);
      await sleep(300);
    }
  }

  /** The rules that hold at every instant, whatever happens. */
  async expectSound(): Promise<void> {
    expect(words(await checkWithin(this.ask))).toBe('');
  }

  /** The whole money check, when nothing is under way; and nothing was given up on the way. */
  async expectWhole(rewards: object = {}): Promise<void> {
    expect(words(await checkMoney(this.ask, rewardsSchema.parse(rewards), 0))).toBe('');
    expect(await this.deadLetters()).toEqual([]);
  }

  /** How trades have ended. */
  async trades(): Promise<Record<string, number>> {
    const rows = await this.ask<{ how: string; count: number }>(
      'marketplace',
      `select coalesce(failure, status) as how, count(*)::int from trades group by 1`,
    );
    return Object.fromEntries(rows.map(({ how, count }) => [how, count]));
  }

  /** The best hundred, as the database has them: what the leaderboard answers a second later. */
  async ranking(): Promise<{ playerId: string; score: number }[]> {
    return this.ask<{ playerId: string; score: number }>(
      'game',
      `select player_id as "playerId", score::int from leaderboard.scores order by score desc, player_id desc limit 100`,
    );
  }

  get ask() {
    return embedded(this.platform.servers.facts, this.values);
  }

  private async underWay(): Promise<string[]> {
    const counts = await Promise.all([
      this.count('game', `matches where status in ('PENDING', 'RUNNING')`),
      this.count('marketplace', `trades where status = 'PENDING'`),
      this.count('wallet', `stamp_reservations where state = 'RESERVED'`),
      ...(['game', 'wallet', 'inventory', 'marketplace'] as const).map((database) =>
        this.count(database, 'outbox where published_at is null'),
      ),
    ]);
    const lags = await this.lags().catch((error: unknown) => {
      // A broker that has just come back does not know the groups yet.
      if (error instanceof KafkaJSProtocolError && error.retriable) return [error.message];
      throw error;
    });
    return [...counts.flat(), ...lags];
  }

  private async count(database: 'game' | 'wallet' | 'inventory' | 'marketplace', from: string): Promise<string[]> {
    const [row] = await this.ask<{ count: number }>(database, `select count(*)::int from ${from}`);
    return row?.count === 0 ? [] : [`${row?.count ?? 0} ${database} ${from}`];
  }

  /** Records that a consumer group has not committed yet. */
  private lags(): Promise<string[]> {
    return withKafkaAdmin(this.platform.servers.serviceFacts.kafka, async (admin) => {
      const behind: string[] = [];
      const running = new Set<string>(this.platform.replicas.map(({ service }) => service));
      for (const [groupId, { reads }] of Object.entries(this.values.kafka.users)) {
        const topics = reads.filter((topic) => !topic.endsWith('.dlq'));
        if (topics.length === 0 || !running.has(groupId)) continue;
        for (const { topic, partitions } of await admin.fetchOffsets({ groupId, topics })) {
          const ends = new Map((await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => [partition, high]));
          const lag = partitions.reduce(
            (sum, { partition, offset }) => sum + Number(ends.get(partition) ?? 0) - Math.max(0, Number(offset)),
            0,
          );
          if (lag > 0) behind.push(`${groupId} is ${lag} behind in ${topic}`);
        }
      }
      return behind;
    });
  }

  private deadLetters(): Promise<string[]> {
    return withKafkaAdmin(this.platform.servers.serviceFacts.kafka, async (admin) => {
      const queues = Object.keys(this.values.kafka.topics).map((topic) => `${topic}.dlq`);
      const counts = await Promise.all(
        queues.map(async (queue) => {
          const offsets = await admin.fetchTopicOffsets(queue);
          return { queue, records: offsets.reduce((sum, { high }) => sum + Number(high), 0) };
        }),
      );
      return counts.filter(({ records }) => records > 0).map(({ queue, records }) => `${queue}: ${records}`);
    });
  }
}
