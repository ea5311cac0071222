import { createHash, randomUUID } from 'node:crypto';
import { applyTopics } from '../scripts/lib/kafka.ts';
import { withPostgres } from '../scripts/lib/postgres.ts';
import { databaseEnvironment, type ServerFacts } from '../scripts/lib/servers.ts';
import { roleName } from '../scripts/lib/values.ts';
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
  /** How to sign in as a role that the chart's values name for this database, or as its owner: `owner`. */
  as(role: string): DatabaseEnv;
  drop(): Promise<void>;
}

/** A database of one's own like game_db: see `createDatabaseOf`. */
export const createDatabase = (...migrations: Migrations[]): Promise<TestDatabase> =>
  createDatabaseOf('game', ...migrations);

/**
 * A database of one's own in which these migrations have run: a copy of a template that the first who asks makes.
 * `key` is that of the values (`databases.<key>`), which says whose it is.
 */
export const createDatabaseOf = async (key: string, ...migrations: Migrations[]): Promise<TestDatabase> => {
  const environment = (name: string, role: string): DatabaseEnv =>
    readConfig(databaseEnv, databaseEnvironment(servers(), { name, key, role }));
  const owner = roleName(key, 'owner');
  const wanted = JSON.stringify([key, migrations.map(({ schema, list }) => [schema, list.map(({ name }) => name)])]);
  const template = `template_${createHash('sha256').update(wanted).digest('hex').slice(0, 16)}`;
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const { postgres } = servers();
  await withPostgres(postgres, 'postgres', async (client) => {
    // One at a time: a template with a connection open can't be copied.
    await client.query(`select pg_advisory_lock(hashtext('${template}'))`);
    const { rowCount } = await client.query('select from pg_database where datname = $1', [template]);
    if (rowCount === 0) {
      await client.query(`create database ${template} owner ${owner}`);
      for (const each of migrations) await migrate(environment(template, 'owner'), each);
    }
    await client.query(`create database ${name} owner ${owner} template ${template}`);
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
