import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { KafkaJSProtocolError } from 'kafkajs';
import { applyTopics, withKafkaAdmin } from '../../scripts/lib/kafka.ts';
import type { Platform } from '../../scripts/lib/platform.ts';
import { readValues, topicsOf } from '../../scripts/lib/values.ts';
import { startTestPlatform } from '../platform.ts';
import { audit, gameDatabase } from './audit.ts';
import { Crowd } from './crowd.ts';
import { Economy } from './economy.ts';
import { say, seeded } from './random.ts';
import { quickRules, unlimited } from './settings.ts';
import { until } from './table.ts';

// Real: everything. Short matches, so that each topic has records at any time.
const rules = { ...quickRules, matchSeconds: 6 };
const values = readValues();
const topics = new Map(topicsOf(values).map((topic) => [topic.name, topic]));

let platform: Platform;
let economy: Economy;
beforeAll(async () => {
  platform = await startTestPlatform({ replicas: { game: 2, combat: 2 }, rules, env: unlimited });
  economy = await Economy.of(platform);
});
afterAll(async () => {
  await economy.close();
  await platform.stop();
});

/** Each group with each topic that it reads, where it has not handled a record of a partition that was added. */
const stillAtOld = (): Promise<string[]> =>
  withKafkaAdmin(platform.servers.facts.kafka, async (admin) => {
    const wanted: string[] = [];
    for (const [groupId, { reads }] of Object.entries(values.kafka.users)) {
      const read = reads.filter((topic) => Object.hasOwn(values.kafka.topics, topic));
      if (read.length === 0) continue;
      for (const { topic, partitions } of await admin.fetchOffsets({ groupId, topics: read })) {
        const before = topics.get(topic)?.partitions ?? 0;
        if (!partitions.some(({ partition, offset }) => partition >= before && Number(offset) > 0))
          wanted.push(`${groupId}: ${topic}`);
      }
    }
    return wanted;
  }).catch((error: unknown) => {
    // Nobody leads a partition yet that was added this moment, or a group that is shared out anew.
    if (error instanceof KafkaJSProtocolError && error.retriable) return [error.message];
    throw error;
  });

/** Actions that took effect after one that the same player did later, in less time than game waits for an outcome (5 s). */
const overtaken = () =>
  gameDatabase(platform, async (client) => {
    const { rows } = await client.query<{ match_id: string; player_id: string; seq: number }>(
      `with done as (
         select match_id, player_id, a.seq, (payload->>'at')::int as at,
           extract(epoch from a.created_at) * 1000 - (setup->>'startedAt')::bigint as judged_at
         from player_actions a join matches m on m.id = match_id where a.seq is not null
       )
       select match_id, player_id, seq from (
         select *, max(at) over (partition by match_id, player_id order by seq) as latest from done
       ) as each where at < latest and judged_at - at < 4500`,
    );
    return rows;
  });

test('topics get twice as many partitions under load: all are read, no action is lost or doubled, none overtakes one of its player', async () => {
  await using crowd = await Crowd.start(platform.gatewayUrl, seeded('partitions'), {
    players: 30,
    actionsPerSecond: 60,
  });
  await until('they play', () => (crowd.acknowledged.length > 100 ? true : undefined));
  const grown = Object.keys(values.kafka.topics).flatMap((name) => topics.get(name) ?? []);
  await applyTopics(
    platform.servers.facts.kafka,
    grown.map((topic) => ({ ...topic, partitions: 2 * topic.partitions })),
  );
  const begun = Date.now();
  let wanted: string[] = [];
  await until(
    'all read new partitions',
    async () => ((wanted = await stillAtOld()).length === 0 ? true : undefined),
    90_000,
  ).catch((error: unknown) => {
    throw new Error(`still at the old partitions: ${wanted.join(', ')}`, { cause: error });
  });
  say(`new partitions were in use by all after ${Date.now() - begun} ms`);
  await crowd.stop();
  // Nothing is left in any partition, whoever reads it.
  await economy.settled();
  const totals = await audit(platform, crowd);
  say(`${JSON.stringify(totals)}; repeated: ${JSON.stringify(Object.fromEntries(crowd.repeats))}`);
  expect(crowd.trouble).toEqual([]);
  expect(crowd.failedRequests).toBe(0);
  expect(await overtaken()).toEqual([]);
  await economy.expectWhole();
});
