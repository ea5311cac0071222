import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { withPostgres } from '../postgres.ts';
import { serverOf, type ServerFacts } from '../servers.ts';
import type { Values } from '../values.ts';
import { asJson, type Ask } from './money.ts';

/** The databases of an embedded run. */
export const embedded =
  (servers: Pick<ServerFacts, 'postgres' | 'databases'>, { databases }: Values): Ask =>
  <Row>(database: string, query: string) =>
    withPostgres(serverOf(servers, database), databases[database]?.name ?? '', async (client) => {
      const { rows } = await client.query<{ json: string }>(asJson(query));
      return JSON.parse(rows[0]?.json ?? '[]') as Row[];
    });

/** The databases that the chart made on the cluster of KUBECONFIG: asked in the pod of each primary. */
export const inCluster =
  (namespace: string, { databases }: Values): Ask =>
  async <Row>(database: string, query: string) => {
    const run = async (...args: string[]) =>
      (await promisify(execFile)('kubectl', ['--namespace', namespace, ...args], { maxBuffer: 2 ** 30 })).stdout;
    const cluster = `${database}-db`;
    const primary = await run(
      'get',
      'cluster.postgresql.cnpg.io',
      cluster,
      '--output',
      'jsonpath={.status.currentPrimary}',
    );
    const psql = ['psql', '--no-psqlrc', '--tuples-only', '--no-align', '--dbname', databases[database]?.name ?? ''];
    const pod = primary === '' ? `${cluster}-1` : primary;
    const answer = await run('exec', pod, '--container', 'postgres', '--', ...psql, '--command', asJson(query));
    return JSON.parse(answer) as Row[];
  };
