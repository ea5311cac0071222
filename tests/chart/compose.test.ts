import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ofKind, render, root } from './chart.ts';

const { services } = parse(readFileSync(join(root, 'compose.yaml'), 'utf8'), { merge: true, maxAliasCount: -1 }) as {
  services: Record<string, { image: string; command?: string[] }>;
};
const argumentsOf = (service: string) => (services[service]?.command ?? []).slice(2).map((each) => each.split(':'));

/** Compose has the defaults of values.yaml; the local overlay keeps less. */
const { kafka } = parse(readFileSync(join(root, 'values.yaml'), 'utf8')) as {
  kafka: { topics: Record<string, { retentionBytes: string }> };
};
const defaults = Object.entries(kafka.topics).map(
  ([name, topic]) => `kafka.topics.${name}.retentionBytes=${topic.retentionBytes}`,
);

test("Compose has the chart's topics, with their partitions and settings", async () => {
  const topics = ofKind(await render('local', ...defaults), 'KafkaTopic').map(({ metadata, spec }) => {
    const { partitions, config } = spec as { partitions: number; config: Record<string, number> };
    const settings = ['retention.ms', 'retention.bytes', 'max.message.bytes'].filter((name) => name in config);
    return [metadata.name, String(partitions), settings.map((name) => `${name}=${String(config[name])}`).join(',')];
  });
  expect(argumentsOf('topics').toSorted()).toEqual(topics.toSorted());
});

test("Compose has the chart's databases, owners and roles, and the same versions of Kafka and PostgreSQL", async () => {
  const objects = await render('local');
  const clusters = ofKind(objects, 'Cluster');
  const databases = clusters.map(({ metadata, spec }) => {
    const { bootstrap, managed } = spec as {
      bootstrap: { initdb: { database: string; owner: string } };
      managed: { roles: { name: string }[] };
    };
    const roles = managed.roles.map(({ name }) => name).toSorted();
    return [metadata.name, bootstrap.initdb.database, bootstrap.initdb.owner, roles];
  });
  const compose = argumentsOf('databases').map(([host, database, owner, roles]) => [
    host,
    database,
    owner,
    roles?.split(',').toSorted(),
  ]);
  expect(compose.toSorted()).toEqual(databases.toSorted());

  const version = (ofKind(objects, 'Kafka')[0]?.spec?.['kafka'] as { version: string }).version;
  expect(services['kafka']?.image).toBe(`apache/kafka:${version}`);
  for (const { metadata, spec } of clusters) {
    const tag = String(spec?.['imageName']).split(':')[1] ?? '';
    expect(tag).toMatch(new RegExp(`^${services[metadata.name]?.image.split(':')[1] ?? ''}-`));
  }
});
