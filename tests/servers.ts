import { createHash, randomUUID } from 'node:crypto';
import { applyTopics } from '../scripts/lib/kafka.ts';
import { withPostgres } from '../scripts/lib/postgres.ts';
import { databaseEnvironment, type ServerFacts } from '../scripts/lib/servers.ts';
import { databaseEnv, readConfig, type DatabaseEnv } from '../src/platform/config.ts';
import { migrate, type Migrations } from '../src/platform/database/migrate.ts';

/** The servers that all integration tests share. Each test file takes a database, topics and names of its own. */
export const servers = (): ServerFacts => {
  const facts = process.env.IDEMPO_TEST_SERVERS;
  if (facts === undefined) throw new Error('No servers: run this with scripts/test integration.');
  return JSON.parse(facts) as ServerFacts;
};

/** A name that nobody else uses: for topics, consumer groups, Redis keys and channels. */
export const unique = (name: string): string => `${name}-${randomUUID().slice(0, 8)}`;

export interface TestDatabase {
  name: string;
  /** How to sign in as a role of the chart's values: owner, gateway, game, combat. */
  as(role: string): DatabaseEnv;
  drop(): Promise<void>;
}

const environment = (name: string, role: string): DatabaseEnv =>
  readConfig(databaseEnv, databaseEnvironment(servers(), { name, key: 'game', role }));

/** A database of one's own in which these migrations have run: a copy of a template that the first who asks makes. */
export const createDatabase = async (...migrations: Migrations[]): Promise<TestDatabase> => {
  const wanted = JSON.stringify(migrations.map(({ schema, list }) => [schema, list.map(({ name }) => name)]));
  const template = `template_${createHash('sha256').update(wanted).digest('hex').slice(0, 16)}`;
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const { postgres } = servers();
  await withPostgres(postgres, 'postgres', async (client) => {
    // One at a time: a template with a connection open can't be copied.
    await client.query(`select pg_advisory_lock(hashtext('${template}'))`);
    const { rowCount } = await client.query('select from pg_database where datname = $1', [template]);
    if (rowCount === 0) {
      await client.query(`create database ${template} owner game_owner`);
      for (const each of migrations) await migrate(environment(template, 'owner'), each);
    }
    await client.query(`create database ${name} owner game_owner template ${template}`);
  });
  return {
    name,
    as: (role) => environment(name, role),
    drop: () =>
      withPostgres(postgres, 'postgres', async (client) => {
        await client.query(`drop database ${name} with (force)`);
      }),
  };
};

/** Topics of one's own; answers with their names, in the order asked for. */
export const createTopics = async (...wanted: { name: string; partitions: number }[]): Promise<string[]> => {
  const topics = wanted.map(({ name, partitions }) => ({
    name: unique(name),
    partitions,
    retentionMs: -1,
    retentionBytes: -1,
  }));
  await applyTopics(servers().kafka, topics);
  return topics.map(({ name }) => name);
};
