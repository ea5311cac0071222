import { execa } from 'execa';
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

/** The databases that the chart made on the cluster of KUBECONFIG: asked in the pod of each primary, as the owner, whose Secret is beside it. */
export const inCluster =
  (namespace: string, { databases }: Values): Ask =>
  async <Row>(database: string, query: string) => {
    const cluster = `${database}-db`;
    const get = async (what: string, path: string) =>
      (await execa('kubectl', ['--namespace', namespace, 'get', what, '--output', `jsonpath={${path}}`])).stdout;
    const [primary, password] = await Promise.all([
      get(`cluster.postgresql.cnpg.io/${cluster}`, '.status.currentPrimary'),
      get(`secret/idempo-database-${database}-owner`, '.data.password'),
    ]);
    const pod = primary === '' ? `${cluster}-1` : primary;
    const server = [
      '--host',
      '127.0.0.1',
      '--username',
      `${database}_owner`,
      '--dbname',
      databases[database]?.name ?? '',
    ];
    const psql = ['psql', '--no-psqlrc', '--tuples-only', '--no-align', ...server, '--command', asJson(query)];
    // The password goes in by the standard input: an argument is seen by whoever lists processes.
    const shell = ['sh', '-c', 'read -r PGPASSWORD && export PGPASSWORD && exec "$@"', 'sh'];
    const { stdout } = await execa(
      'kubectl',
      ['--namespace', namespace, 'exec', '--stdin', pod, '--container', 'postgres', '--', ...shell, ...psql],
      { input: `${Buffer.from(password, 'base64').toString()}\n`, maxBuffer: 2 ** 30 },
    );
    return JSON.parse(stdout) as Row[];
  };
