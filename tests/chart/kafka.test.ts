import { describe, expect, test } from '@jest/globals';
import { ofKind, render } from './chart.ts';

const day = 86_400_000;
/** The design's table: partitions, retention. */
const designed: Record<string, [partitions: number, retentionMs: number]> = {
  'player-actions': [12, 7 * day],
  'match-events': [12, 30 * day],
  'economy-events': [12, 30 * day],
  'leaderboard-events': [4, 3 * day],
};

describe.each([['local', 1, 1] as const, ['cloud', 3, 2] as const])('%s', (overlay, copies, inSync) => {
  test('every topic of the design is there as designed, each with its dead letter queue', async () => {
    const topics = ofKind(await render(overlay), 'KafkaTopic').map(
      ({ metadata, spec }) => [metadata.name, spec] as const,
    );
    const wanted = Object.entries(designed).flatMap(([name, [partitions, retention]]) => [
      [name, partitions, retention] as const,
      [`${name}.dlq`, 3, 14 * day] as const,
    ]);
    expect(topics.map(([name]) => name).toSorted()).toEqual(wanted.map(([name]) => name).toSorted());
    for (const [name, partitions, retention] of wanted) {
      expect(Object.fromEntries(topics)[name]).toMatchObject({
        partitions,
        replicas: copies,
        config: {
          'retention.ms': retention,
          'min.insync.replicas': inSync,
          ...(name.endsWith('.dlq') ? { 'max.message.bytes': 1_114_112 } : {}),
        },
      });
    }
  });

  test('topics are not made by writing to them', async () => {
    const [kafka] = ofKind(await render(overlay), 'Kafka');
    expect(kafka?.spec).toMatchObject({ kafka: { config: { 'auto.create.topics.enable': false } } });
  });
});

test('in the cloud controllers and brokers are apart, three each, over zones', async () => {
  const pools = ofKind(await render('cloud'), 'KafkaNodePool').map(
    ({ metadata, spec }) => [metadata.name, spec] as const,
  );
  expect(Object.fromEntries(pools)).toMatchObject({
    brokers: { replicas: 3, roles: ['broker'] },
    controllers: { replicas: 3, roles: ['controller'] },
  });
});

interface Acl {
  resource: { type: string; name?: string };
  operations: string[];
}
const aclsOf = async (user: string): Promise<string[]> => {
  const found = ofKind(await render('local'), 'KafkaUser').find(({ metadata }) => metadata.name === user);
  const { acls } = found?.spec?.['authorization'] as { acls: Acl[] };
  return acls.flatMap(({ resource, operations }) =>
    operations
      .filter((each) => each !== 'Describe')
      .map((each) => `${each} ${resource.type} ${resource.name ?? ''}`.trim()),
  );
};

/** What each consumes and produces, by the design. */
const flows: Record<string, [reads: string[], writes: string[]]> = {
  game: [['match-events'], ['player-actions']],
  combat: [['player-actions'], ['match-events']],
  reward: [['match-events'], ['economy-events', 'leaderboard-events']],
  wallet: [['economy-events', 'match-events'], ['economy-events']],
  inventory: [['economy-events'], ['economy-events']],
  marketplace: [['economy-events'], ['economy-events']],
  leaderboard: [['leaderboard-events'], []],
  notification: [['economy-events', 'match-events'], []],
  // Replays what it reads.
  dlq: [Object.keys(designed).map((topic) => `${topic}.dlq`), Object.keys(designed)],
};

test.each(Object.entries(flows))('%s may do what it does, and no more', async (service, [reads, writes]) => {
  const letters = service === 'dlq' ? [] : reads.map((topic) => `${topic}.dlq`);
  expect((await aclsOf(service)).toSorted()).toEqual(
    [
      'IdempotentWrite cluster',
      `Read group ${service}`,
      ...reads.map((topic) => `Read topic ${topic}`),
      ...[...writes, ...letters].map((topic) => `Write topic ${topic}`),
    ].toSorted(),
  );
});

test('nobody else has a user', async () => {
  const users = ofKind(await render('local'), 'KafkaUser').map(({ metadata }) => metadata.name);
  expect(users.toSorted()).toEqual(Object.keys(flows).toSorted());
});
