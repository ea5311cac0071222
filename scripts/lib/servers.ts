import { join } from 'node:path';
import { applyTopics, startKafka } from './kafka.ts';
import { freePort } from './ports.ts';
import { applyDatabases, rolePassword, startPostgres, type DatabaseServer } from './postgres.ts';
import type { ManagedProcess } from './process.ts';
import { startRedis } from './redis.ts';
import { secretsIn, type Secrets } from './secrets.ts';
import { roleName, topicsOf, type Values } from './values.ts';

/** How the stores are reached: plain JSON, so that it can be handed to other processes. */
export interface ServerFacts {
  /** host:port */
  kafka: string;
  /** host:port */
  redis: string;
  postgres: DatabaseServer;
  /** Servers of their own, for `databases` of the values that have one: by their keys there. */
  databases?: Record<string, DatabaseServer>;
  secrets: Secrets;
}

/** A real Kafka, PostgreSQL and Redis, with the topics, databases and roles of the values. */
export interface Servers {
  kafka: ManagedProcess;
  postgres: ManagedProcess;
  redis: ManagedProcess;
  facts: ServerFacts;
  /** The same as the services are told: by way of the proxies, where there are any. */
  serviceFacts: ServerFacts;
  stop(): Promise<void>;
}

export interface ServersOptions {
  /** Gets `data`, `logs` and `run`. What is in `data` is taken up again. */
  dir: string;
  values: Values;
  /** Free ones where none is said. */
  ports?: { kafka?: number; postgres?: number; redis?: number };
  /** Proxies that stand before the servers, by their ports: what services, and all clients of Kafka, are sent to. */
  proxies?: { kafka: number; postgres: number; redis: number } | undefined;
  /** Servers that run already and have these databases of the values, by their keys there. */
  databases?: Record<string, DatabaseServer> | undefined;
  /** False: faster, and not safe against the loss of the machine. */
  durable: boolean;
  progress?: (line: string) => void;
}

/** The folders of a run. */
export const foldersOf = (dir: string) => ({ data: join(dir, 'data'), logs: join(dir, 'logs'), run: join(dir, 'run') });

export const startServers = async ({
  dir,
  values,
  ports = {},
  proxies,
  databases = {},
  durable,
  progress,
}: ServersOptions): Promise<Servers> => {
  const folders = foldersOf(dir);
  const secrets = secretsIn(join(folders.data, 'secrets.json'));
  const at = {
    kafka: ports.kafka ?? (await freePort()),
    postgres: ports.postgres ?? (await freePort()),
    redis: ports.redis ?? (await freePort()),
  };
  const password = secrets.postgresPassword;
  const facts: ServerFacts = {
    kafka: `127.0.0.1:${at.kafka}`,
    redis: `127.0.0.1:${at.redis}`,
    postgres: { host: '127.0.0.1', port: at.postgres, password },
    databases,
    secrets,
  };
  const serviceFacts: ServerFacts = proxies
    ? {
        ...facts,
        kafka: `127.0.0.1:${proxies.kafka}`,
        redis: `127.0.0.1:${proxies.redis}`,
        postgres: { ...facts.postgres, port: proxies.postgres },
      }
    : facts;
  const started: ManagedProcess[] = [];
  const stop = async () => {
    await Promise.all(started.splice(0).map((process) => process.stop()));
  };
  const begun = performance.now();
  const up = async (starting: Promise<ManagedProcess>, fill?: () => Promise<void>) => {
    const process = await starting;
    started.push(process);
    await fill?.();
    progress?.(`${process.name} is ready (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
    return process;
  };
  const all = await Promise.allSettled([
    up(startKafka(folders, { port: at.kafka, advertised: proxies?.kafka }), () =>
      applyTopics(facts.kafka, topicsOf(values)),
    ),
    up(startPostgres(folders, at.postgres, { password, durable }), () =>
      applyDatabases(facts.postgres, missingIn(databases, values), secrets),
    ),
    up(startRedis(folders, at.redis)),
  ]);
  const [kafka, postgres, redis] = all;
  if (kafka.status === 'fulfilled' && postgres.status === 'fulfilled' && redis.status === 'fulfilled') {
    return { kafka: kafka.value, postgres: postgres.value, redis: redis.value, facts, serviceFacts, stop };
  }
  await stop();
  const reasons = all.flatMap((one): unknown[] => (one.status === 'rejected' ? [one.reason] : []));
  throw reasons.length === 1 ? reasons[0] : new AggregateError(reasons, reasons.map(String).join('\n'));
};

const missingIn = (elsewhere: Record<string, DatabaseServer>, { databases }: Values): Values['databases'] =>
  Object.fromEntries(Object.entries(databases).filter(([key]) => elsewhere[key] === undefined));

/** The server that has a database of the values. */
export const serverOf = (
  { postgres, databases }: Pick<ServerFacts, 'postgres' | 'databases'>,
  key: string,
): DatabaseServer => databases?.[key] ?? postgres;

/** The environment by which a service reaches a database of the values, as one of its roles. */
export const databaseEnvironment = (
  facts: Pick<ServerFacts, 'postgres' | 'databases' | 'secrets'>,
  { name, key, role }: { name: string; key: string; role: string },
): Record<string, string> => {
  const { host, port } = serverOf(facts, key);
  return {
    DATABASE_HOST: host,
    DATABASE_PORT: String(port),
    DATABASE_NAME: name,
    DATABASE_USER: roleName(key, role),
    DATABASE_PASSWORD: rolePassword(facts.secrets, roleName(key, role)),
  };
};
