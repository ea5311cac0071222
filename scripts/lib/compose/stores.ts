import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { root } from '../bundle.ts';
import { brokerSettings, topicSettings } from '../kafka.ts';
import { databasePort, standardPorts } from '../local-ports.ts';
import { redisSettings } from '../redis.ts';
import { roleName, topicsOf, type Topic, type Values } from '../values.ts';
import { after, healthcheck, hostPort, password, published, type ComposeServices } from './service.ts';

/** What the Compose file takes of the values that the embedded run has no use for. */
const chart = z.object({
  databases: z
    .object({ image: z.object({ tag: z.string() }), life: z.unknown() })
    .catchall(z.object({ parameters: z.record(z.string(), z.string()).default({}) }).loose()),
  redis: z.object({ image: z.object({ tag: z.string() }), maxMemory: z.string() }),
});
const chartValues = () => chart.parse(parse(readFileSync(join(root, 'values.yaml'), 'utf8')));

export const databaseHost = (key: string) => `${key}-db`;

/** As the image of Apache Kafka reads its properties from the environment. */
const asVariable = ([name, value]: [string, string]): [string, string] => [
  `KAFKA_${name.replaceAll('.', '_').toUpperCase()}`,
  value,
];

const kafka = (values: Values): ComposeServices => {
  const inside = { PLAINTEXT: 9092, CONTROLLER: 9093, HOST: standardPorts.kafka };
  return {
    kafka: {
      image: `apache/kafka:${values.kafka.version}`,
      environment: {
        KAFKA_HEAP_OPTS: '-Xmx384m -Xms128m',
        ...Object.fromEntries(
          Object.entries({
            'node.id': '1',
            'process.roles': 'broker,controller',
            'controller.quorum.voters': `1@localhost:${inside.CONTROLLER}`,
            'controller.listener.names': 'CONTROLLER',
            'inter.broker.listener.name': 'PLAINTEXT',
            listeners: `PLAINTEXT://:${inside.PLAINTEXT},CONTROLLER://localhost:${inside.CONTROLLER},HOST://:${inside.HOST}`,
            // Containers are sent to the one, the host to the other.
            'advertised.listeners': `PLAINTEXT://kafka:${inside.PLAINTEXT},HOST://localhost:${hostPort('kafka', standardPorts.kafka)}`,
            'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,HOST:PLAINTEXT',
            'log.dirs': '/var/lib/kafka/data',
            ...brokerSettings,
          }).map(asVariable),
        ),
      },
      ports: [published('kafka', standardPorts.kafka, inside.HOST)],
      volumes: ['kafka:/var/lib/kafka/data'],
      healthcheck: healthcheck('bash', '-c', `exec 3<>/dev/tcp/localhost/${inside.PLAINTEXT}`),
      restart: 'unless-stopped',
    },
  };
};

/** `name:partitions:setting=value,…`, as topics.sh takes it. */
const topicArgument = (topic: Topic): string =>
  [
    topic.name,
    topic.partitions,
    Object.entries(topicSettings(topic))
      .map(([name, value]) => `${name}=${value}`)
      .join(','),
  ].join(':');

/** `host:database:owner:role,…`, as databases.sh takes it. */
const databaseArgument = ([key, { name, roles }]: [string, Values['databases'][string]]): string =>
  [
    databaseHost(key),
    name,
    roleName(key, 'owner'),
    Object.keys(roles)
      .filter((role) => role !== 'owner')
      .join(','),
  ].join(':');

const databases = (values: Values): ComposeServices => {
  const { databases: settings } = chartValues();
  const image = `postgres:${settings.image.tag.split('-')[0] ?? ''}`;
  const keys = Object.keys(values.databases);
  const servers = keys.map((key) => {
    const port = databasePort(keys, key);
    const parameters = Object.entries(settings[key]?.parameters ?? {}).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ]);
    return [
      databaseHost(key),
      {
        image,
        command: ['postgres', ...parameters],
        // As CloudNativePG makes them.
        environment: { POSTGRES_PASSWORD: password, POSTGRES_INITDB_ARGS: '--encoding=UTF8 --locale=C' },
        ports: [published(port.name, port.standard, 5432)],
        volumes: [`${databaseHost(key)}:/var/lib/postgresql`],
        // While the image prepares a fresh volume, its server listens to no address.
        healthcheck: healthcheck('pg_isready', '--host=127.0.0.1', '--username=postgres'),
        restart: 'unless-stopped',
      },
    ] as const;
  });
  return {
    ...Object.fromEntries(servers),
    databases: {
      image,
      command: ['bash', '/setup/databases.sh', ...Object.entries(values.databases).map(databaseArgument)],
      environment: { PGUSER: 'postgres', PGPASSWORD: password, ROLE_PASSWORD: password },
      volumes: ['./scripts/lib/compose:/setup:ro'],
      depends_on: after(Object.fromEntries(keys.map((key) => [databaseHost(key), 'healthy']))),
    },
  };
};

const redis = (): ComposeServices => {
  const { image, maxMemory } = chartValues().redis;
  // Redis knows these units by other names.
  const memory = maxMemory.replace(/i$/, 'b').toLowerCase();
  // Whoever is in this network may come in, without a password.
  const settings = Object.entries({ ...redisSettings, maxmemory: memory, 'protected-mode': 'no' });
  return {
    redis: {
      image: `redis:${image.tag}`,
      command: ['redis-server', ...settings.flatMap(([name, value]) => [`--${name}`, value])],
      ports: [published('redis', standardPorts.redis, 6379)],
      healthcheck: healthcheck('redis-cli', 'ping'),
      restart: 'unless-stopped',
    },
  };
};

/** Kafka, a PostgreSQL for each database, and Redis, with the topics, databases and roles of the values. */
export const stores = (values: Values): ComposeServices => ({
  ...kafka(values),
  topics: {
    image: `apache/kafka:${values.kafka.version}`,
    command: ['bash', '/setup/topics.sh', ...topicsOf(values).map(topicArgument)],
    volumes: ['./scripts/lib/compose:/setup:ro'],
    depends_on: after({ kafka: 'healthy' }),
  },
  ...databases(values),
  ...redis(),
});
