import { join } from 'node:path';
import { withKafkaAdmin } from '../kafka.ts';
import { databasePort, portFor, type Ports } from '../local-ports.ts';
import { withPostgres } from '../postgres.ts';
import { answersPing } from '../redis.ts';
import { secretsIn } from '../secrets.ts';
import { foldersOf, type ServerFacts } from '../servers.ts';
import { topicsOf, type Values } from '../values.ts';

/** How the stores of compose.yaml are reached from this machine; secrets that are no store's are those of the data folder. */
export const composeFacts = (dir: string, values: Values, ports: Pick<Ports, 'kafka' | 'redis'>): ServerFacts => {
  const password = process.env.IDEMPO_PASSWORD ?? 'for-local-use-only';
  const keys = Object.keys(values.databases);
  const databases = Object.fromEntries(
    keys.map((key) => {
      const { name, standard } = databasePort(keys, key);
      return [key, { host: '127.0.0.1', port: portFor(name, standard), password }];
    }),
  );
  const [first] = Object.values(databases);
  if (first === undefined) throw new Error('values.yaml has no databases.');
  return {
    // By name, as the broker advertises itself.
    kafka: `localhost:${ports.kafka}`,
    redis: `127.0.0.1:${ports.redis}`,
    postgres: first,
    databases,
    secrets: { ...secretsIn(join(foldersOf(dir).data, 'secrets.json')), rolePassword: password },
  };
};

/** Stops with what is missing of the stores, and the command that starts them. @throws Error */
export const requireCompose = async (facts: ServerFacts, values: Values): Promise<void> => {
  const missing = async (what: string, look: () => Promise<string[]>) =>
    look().catch((error: unknown) => [`${what} does not answer (${error instanceof Error ? error.message : ''})`]);
  const topics = topicsOf(values).map(({ name }) => name);
  const problems = await Promise.all([
    missing(`Kafka, ${facts.kafka},`, () =>
      withKafkaAdmin(facts.kafka, async (admin) => {
        const there = new Set(await admin.listTopics());
        return topics.filter((topic) => !there.has(topic)).map((topic) => `Kafka has no topic ${topic}`);
      }),
    ),
    missing(`Redis, ${facts.redis},`, async () => {
      if (await answersPing(Number(facts.redis.split(':')[1]))) return [];
      throw new Error('no PONG');
    }),
    ...Object.entries(facts.databases ?? {}).map(([key, server]) =>
      missing(`PostgreSQL of ${key}, ${server.host}:${server.port},`, () =>
        withPostgres(server, values.databases[key]?.name ?? '', () => Promise.resolve([])),
      ),
    ),
  ]);
  if (problems.flat().length === 0) return;
  throw new Error(
    [
      'The stores of compose.yaml are not all there:',
      ...problems.flat().map((problem) => `  ${problem}`),
      'Start them with',
      '  docker compose up -d',
      'or run without containers, with stores of its own: ./scripts/up --watch',
    ].join('\n'),
  );
};
