import { join } from 'node:path';
import { freePort } from '../scripts/lib/ports.ts';
import { applyDatabases, startPostgres, type PostgresOptions } from '../scripts/lib/postgres.ts';
import type { ManagedProcess } from '../scripts/lib/process.ts';
import { databaseEnvironment, foldersOf, type ServerFacts } from '../scripts/lib/servers.ts';
import { secretsIn } from '../scripts/lib/secrets.ts';
import { readValues } from '../scripts/lib/values.ts';
import { databaseEnv, readConfig, type DatabaseEnv } from '../src/platform/config.ts';
import { ownFolder, type OwnFolder } from './folder.ts';

export interface OwnServer {
  facts: Pick<ServerFacts, 'postgres' | 'secrets'>;
  process: ManagedProcess;
}

/** PostgreSQL servers of one's own, beside those that all tests share: to stop them, and for standbys. */
export class OwnPostgres {
  readonly folder: OwnFolder;
  private readonly started: ManagedProcess[] = [];

  private constructor(folder: OwnFolder) {
    this.folder = folder;
  }

  static async open(): Promise<OwnPostgres> {
    return new OwnPostgres(await ownFolder('postgres'));
  }

  /** A server; with the databases and roles of the values when it is not made from another. */
  async start(options: Partial<PostgresOptions> & { name: string }): Promise<OwnServer> {
    const secrets = secretsIn(join(this.folder.path, 'data/secrets.json'));
    const postgres = { host: '127.0.0.1', port: await freePort(), password: secrets.postgresPassword };
    const process = await startPostgres(foldersOf(this.folder.path), postgres.port, {
      password: postgres.password,
      durable: false,
      ...options,
    });
    this.started.push(process);
    if (!options.origin) await applyDatabases(postgres, readValues().databases, secrets);
    return { facts: { postgres, secrets }, process };
  }

  /** How a role signs in to a database of the values. */
  env({ facts }: OwnServer, key: string, role: string): DatabaseEnv {
    const name = readValues().databases[key]?.name ?? '';
    return readConfig(databaseEnv, databaseEnvironment(facts, { name, key, role }));
  }

  async stop(): Promise<void> {
    await Promise.all(this.started.splice(0).map((process) => process.stop()));
    this.folder.remove();
  }
}
