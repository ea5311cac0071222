import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../scripts/lib/ports.ts';
import {
  applyDatabases,
  baseBackup,
  postgresFolder,
  startPostgres,
  type DatabaseServer,
  type Origin,
} from '../scripts/lib/postgres.ts';
import type { ManagedProcess } from '../scripts/lib/process.ts';
import type { Secrets } from '../scripts/lib/secrets.ts';
import { foldersOf } from '../scripts/lib/servers.ts';
import { readValues } from '../scripts/lib/values.ts';

const { databases } = readValues();
const keys = Object.keys(databases);
/** The chart's is a minute: the same, for who has less time. */
const archiveTimeoutSeconds = 3;
/** What the newest file of an archive may lack of the time at which it was archived: a relay commits every 5 s. */
const marginMs = 12_000;

/** A server of its own for each database, as the chart has it: backed up, its log archived, in one life of the databases. */
export class ArchivedDatabases {
  readonly servers: Record<string, DatabaseServer> = {};
  private readonly dir: string;
  private readonly life: number;
  private readonly processes: ManagedProcess[] = [];

  private constructor(dir: string, life: number) {
    this.dir = dir;
    this.life = life;
  }

  /** Databases that begin empty, or, with an instant, as they were then in the life before. */
  static async start(dir: string, secrets: Secrets, life: number, targetTime?: string): Promise<ArchivedDatabases> {
    const all = new ArchivedDatabases(dir, life);
    await Promise.all(keys.map((key) => all.startOne(key, secrets, targetTime)));
    return all;
  }

  private async startOne(key: string, secrets: Secrets, targetTime: string | undefined): Promise<void> {
    const server = { host: '127.0.0.1', port: await freePort(), password: secrets.postgresPassword };
    const archive = this.archive(key);
    const origin: Origin | undefined =
      targetTime === undefined
        ? undefined
        : {
            kind: 'backup',
            backup: this.backup(key, this.life - 1),
            archive: this.archive(key, this.life - 1),
            targetTime,
          };
    const process = await startPostgres(foldersOf(this.dir), server.port, {
      name: `${key}-${this.life}`,
      password: server.password,
      durable: false,
      settings: {
        archive_mode: 'on',
        archive_command: `test ! -f "${archive}/%f" && cp "%p" "${archive}/%f.part" && mv "${archive}/%f.part" "${archive}/%f"`,
        archive_timeout: `${archiveTimeoutSeconds}s`,
      },
      ...(origin && { origin }),
    });
    this.processes.push(process);
    this.servers[key] = server;
    const database = databases[key];
    if (!origin && database) await applyDatabases(server, { [key]: database }, secrets);
  }

  /** A base backup of each; with it their archives can be restored from now on. */
  async backUp(): Promise<void> {
    await Promise.all(Object.entries(this.servers).map(([key, server]) => baseBackup(server, this.backup(key))));
  }

  /** The last instant (ms) that can surely be restored in all of them: from the age of what was archived last. */
  restorable(): number {
    const newest = keys.map((key) => {
      const folder = this.archive(key);
      const files = readdirSync(folder).filter((name) => /^[0-9A-F]{24}$/.test(name));
      return Math.max(0, ...files.map((name) => statSync(join(folder, name)).mtimeMs));
    });
    return Math.min(...newest) - marginMs;
  }

  /** As when their machines are gone: what was not archived is lost. */
  async lose(): Promise<void> {
    await Promise.all(this.processes.splice(0).map((process) => process.kill('SIGQUIT')));
  }

  private archive(key: string, life = this.life): string {
    return postgresFolder(join(this.dir, 'data/archive', `${key}-${life}`));
  }

  private backup(key: string, life = this.life): string {
    return join(postgresFolder(join(this.dir, 'data/backups')), `${key}-${life}`);
  }
}
