import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root, services, type ServiceName } from './bundle.ts';
import { databaseOf, environments, inherited } from './environments.ts';
import { freePort } from './ports.ts';
import { ManagedProcess } from './process.ts';
import { foldersOf, startServers, type Servers, type ServersOptions } from './servers.ts';
import { readValues, type Values } from './values.ts';

type Program = ServiceName | 'web';

export interface PlatformOptions {
  /** Gets `data`, `logs` and `run`. What is in `data` is taken up again. */
  dir: string;
  /** Of the first replica of each; free ones where none is said, and for further replicas. */
  ports?: Partial<Record<Program | 'kafka' | 'postgres' | 'redis' | 'metrics', number>>;
  /** Proxies before the stores, as `ServersOptions.proxies`. */
  proxies?: ServersOptions['proxies'];
  /** Database servers that run already, as `ServersOptions.databases`. */
  databases?: ServersOptions['databases'];
  /** One of each where nothing is said. */
  replicas?: Partial<Record<ServiceName, number>>;
  /** Rules of the match that differ from the values'. */
  rules?: Record<string, unknown>;
  /** The bots too, who fill up lobbies. */
  bots?: boolean;
  /** The web page too; `dev`: from its sources, with hot reload. */
  web?: boolean | 'dev';
  /** False: faster, and not safe against the loss of the machine. */
  durable?: boolean;
  /** More environment, for some services or (`all`) for each. */
  env?: Partial<Record<Program | 'all', Record<string, string>>>;
  /** What is in dist by then: waited for when the stores run. */
  built?: Promise<void>;
  progress?: (line: string) => void;
}

export interface Replica {
  service: Program;
  /** game-1 */
  name: string;
  /** Of its HTTP interface, if it has one. */
  url?: string;
  /** Of /metrics, /livez and /readyz. */
  managementUrl: string;
  process: ManagedProcess;
}

/** The whole platform as processes of this machine: stores, services, web page. */
export interface Platform {
  servers: Servers;
  replicas: Replica[];
  /** Of the first gateway. */
  gatewayUrl: string;
  webUrl?: string;
  of(service: Program): Replica[];
  /** Starts them again from what is in dist, one after the other. */
  restart(service: Program): Promise<void>;
  /** Services first, then the stores. */
  stop(): Promise<void>;
}

const main = (service: Program) => join(root, 'dist', service, service === 'web' ? 'server.js' : 'main.cjs');

/** What stops before all else, one group after the other: what is under way behind the front door comes to its end. */
const frontFirst: Program[][] = [['bots', 'web', 'dlq'], ['gateway'], ['game', 'marketplace']];

/** Runs the migrations of a service to their end. @throws Error with what it printed. */
const migrate = async (service: ServiceName, env: NodeJS.ProcessEnv): Promise<void> => {
  try {
    await promisify(execFile)(process.execPath, [main(service), 'migrate'], { env });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    // A line of a bundle, which Node shows first, has hundreds of kilobytes.
    const printed = `${stdout}${stderr}`.replaceAll(/^(.{1000}).*/gm, '$1…');
    throw new Error(`The migrations of ${service} failed.\n${printed}`, { cause: error });
  }
};

const answersOk = async (url: string): Promise<boolean> => {
  const answer = await fetch(url, { signal: AbortSignal.timeout(5000) });
  await answer.arrayBuffer();
  return answer.ok;
};

/** Stores that run, by whomever they were started. */
export type Stores = Pick<Servers, 'facts' | 'serviceFacts' | 'stop'>;

/** Starts everything from dist, which must have been built. @throws Error with the end of a log, after it has stopped what ran. */
export const startPlatform = async (options: PlatformOptions): Promise<Platform> => {
  const values = readValues();
  const { progress } = options;
  const { kafka, postgres, redis } = options.ports ?? {};
  const servers = await startServers({
    dir: options.dir,
    values,
    durable: options.durable ?? true,
    proxies: options.proxies,
    databases: options.databases,
    ports: {
      ...(kafka === undefined ? {} : { kafka }),
      ...(postgres === undefined ? {} : { postgres }),
      ...(redis === undefined ? {} : { redis }),
    },
    ...(progress ? { progress } : {}),
  });
  return { servers, ...(await startOn(servers, options)) };
};

/** The services and the page alone, on stores that run; stopping them stops the stores too. @throws as `startPlatform` */
export const startOn = async (stores: Stores, options: PlatformOptions): Promise<Omit<Platform, 'servers'>> => {
  const { progress } = options;
  const replicas: Replica[] = [];
  const stop = async () => {
    const rest = services.filter((service) => !frontFirst.flat().includes(service));
    for (const group of [...frontFirst, rest]) {
      await Promise.all(replicas.filter((one) => group.includes(one.service)).map((one) => one.process.stop()));
    }
    await stores.stop();
  };
  try {
    await options.built;
    replicas.push(...(await startServices(readValues(), stores, options)));
    await Promise.all(
      replicas.map(async (replica) => {
        const begun = performance.now();
        await replica.process.start();
        progress?.(`${replica.name} is ready (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
      }),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  const of = (service: Program) => replicas.filter((one) => one.service === service);
  const webUrl = of('web')[0]?.url;
  return {
    replicas,
    gatewayUrl: of('gateway')[0]?.url ?? '',
    ...(webUrl === undefined ? {} : { webUrl }),
    of,
    restart: async (service) => {
      for (const { process: one } of of(service)) await one.restart();
    },
    stop,
  };
};

const replicasOf = (service: ServiceName, { replicas, bots }: PlatformOptions): number =>
  replicas?.[service] ?? (service === 'bots' && bots !== true ? 0 : 1);

/** Migrates, and says which processes there will be. */
const startServices = async (values: Values, stores: Stores, options: PlatformOptions): Promise<Replica[]> => {
  const { ports = {} } = options;
  const folders = foldersOf(options.dir);
  const urlAt = async (port: number | undefined) => `http://127.0.0.1:${port ?? (await freePort())}`;
  const wanted = await Promise.all(
    services.flatMap((service, place) =>
      Array.from({ length: replicasOf(service, options) }, async (_, index) => {
        const first = index === 0;
        const metrics = first && ports.metrics !== undefined ? ports.metrics + place : undefined;
        return {
          service,
          name: `${service}-${index + 1}`,
          managementUrl: await urlAt(metrics),
          ...(values[service].ports.http === undefined ? {} : { url: await urlAt(first ? ports[service] : undefined) }),
        };
      }),
    ),
  );
  const urlsOf = (service: ServiceName) =>
    wanted.flatMap(({ service: of, url }) => (of === service && url !== undefined ? [url] : []));
  const told = environments(values, stores.serviceFacts, urlsOf, options.rules ?? {});
  const environmentOf = (service: ServiceName) => ({
    ...inherited(),
    ...told(service),
    ...options.env?.all,
    ...options.env?.[service],
  });
  const begun = performance.now();
  await Promise.all(
    services.map(async (service) => {
      if (!values[service].migrations) return;
      await migrate(service, { ...environmentOf(service), ...databaseOf(values, stores.facts, service, 'owner') });
    }),
  );
  options.progress?.(`migrations are done (${((performance.now() - begun) / 1000).toFixed(1)} s)`);

  const spec = (name: string, args: string[], env: NodeJS.ProcessEnv, managementUrl: string) =>
    new ManagedProcess({
      name,
      command: process.execPath,
      args,
      env,
      logFile: join(folders.logs, `${name}.log`),
      pidFile: join(folders.run, `${name}.pid`),
      ready: () => answersOk(`${managementUrl}/readyz`),
      readyWithinMs: 60_000,
      stopSignal: 'SIGTERM',
      stopWithinMs: 28_000,
    });
  const portOf = (url: string) => new URL(url).port;
  const replicas: Replica[] = wanted.map((one) => {
    const env = {
      ...environmentOf(one.service),
      REPLICA_ID: one.name,
      MANAGEMENT_PORT: portOf(one.managementUrl),
      ...(one.url === undefined ? {} : { HTTP_PORT: portOf(one.url) }),
    };
    return { ...one, process: spec(one.name, [main(one.service)], env, one.managementUrl) };
  });
  const gateway = replicas.find(({ service }) => service === 'gateway');
  if (options.web === undefined || options.web === false || gateway?.url === undefined) return replicas;
  const url = await urlAt(ports.web);
  const managementUrl = await urlAt(ports.metrics === undefined ? undefined : ports.metrics + services.length);
  const env = {
    ...inherited(),
    PORT: portOf(url),
    MANAGEMENT_PORT: portOf(managementUrl),
    GATEWAY_URL: gateway.url,
    NEXT_TELEMETRY_DISABLED: '1',
    ...options.env?.all,
    ...options.env?.web,
  };
  const args = options.web === 'dev' ? [join(root, 'src/web/server/main.ts'), 'dev'] : [main('web')];
  return [
    ...replicas,
    { service: 'web', name: 'web', url, managementUrl, process: spec('web', args, env, managementUrl) },
  ];
};
