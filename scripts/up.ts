import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { buildCurrent } from './lib/build-current.ts';
import { services, watchService } from './lib/bundle.ts';
import { endLeftovers, runFiles, runFolder } from './lib/leftovers.ts';
import { startPlatform, type Platform } from './lib/platform.ts';
import { requireFree } from './lib/ports.ts';
import { runningPid, writePidFile, type ManagedProcess } from './lib/process.ts';
import { ensureTools, storeTools } from './lib/tools.ts';

const usage = `up [--detach] [--watch]

Runs the whole platform on this machine, without containers: Kafka, PostgreSQL, Redis, the services and the web page.
Installs what is missing. Data, logs and tools are in .idempo/ (data and logs in IDEMPO_DIR, if that is set).

  --detach   comes back when everything runs; ./scripts/down ends it
  --watch    takes up changes of the sources

Ports: IDEMPO_PORT_WEB (3001), IDEMPO_PORT_GATEWAY (4000), IDEMPO_PORT_GAME (4001), IDEMPO_PORT_METRICS (9100 and the three
after it), IDEMPO_PORT_KAFKA (19092), IDEMPO_PORT_POSTGRES (15432), IDEMPO_PORT_REDIS (16379).
`;

const dir = runFolder();
const files = runFiles(dir);
const say = (line: string) => process.stdout.write(`${line}\n`);

const portNames = { web: 3001, gateway: 4000, game: 4001, metrics: 9100, kafka: 19092, postgres: 15432, redis: 16379 };
type PortName = keyof typeof portNames;
const isPortName = (name: string): name is PortName => name in portNames;
const variableOf = (name: PortName) => `IDEMPO_PORT_${name.toUpperCase()}`;

/** @throws Error that names the variable which is no port. */
const portOf = (name: PortName): number => {
  const text = process.env[variableOf(name)] ?? String(portNames[name]);
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Error(`${variableOf(name)} is no port: ${text}`);
};

const readPorts = (): Record<PortName, number> => ({
  web: portOf('web'),
  gateway: portOf('gateway'),
  game: portOf('game'),
  metrics: portOf('metrics'),
  kafka: portOf('kafka'),
  postgres: portOf('postgres'),
  redis: portOf('redis'),
});

/** What is printed at the end, and again by a second `up`. */
const addresses = (platform: Platform, ports: Record<PortName, number>): string =>
  [
    `  Play         http://localhost:${ports.web}`,
    `  API          http://localhost:${ports.gateway}/api/docs`,
    `  Metrics      ${platform.replicas.map(({ name, managementUrl }) => `${name} ${managementUrl}/metrics`).join('\n               ')}`,
    `  Stores       Kafka localhost:${ports.kafka}, PostgreSQL localhost:${ports.postgres}, Redis localhost:${ports.redis}`,
    `  Logs         ./scripts/logs [${[...new Set(platform.replicas.map(({ service }) => service))].join('|')}]`,
  ].join('\n');

/** A process that ends by itself is started again, later each time it fails. */
const keepAlive = (one: ManagedProcess, stopping: AbortSignal): void => {
  const again = async (how: string) => {
    say(`${one.name} ended (${how}); starting it again`);
    for (let wait = 500; ; wait = Math.min(wait * 2, 30_000)) {
      await sleep(wait);
      if (one.pid !== undefined || stopping.aborted) return;
      try {
        await one.start();
        say(`${one.name} is ready`);
        return;
      } catch (error) {
        say(error instanceof Error ? error.message : String(error));
      }
    }
  };
  one.onCrash = (how) => void again(how);
};

const watch = async (platform: Platform): Promise<void> => {
  for (const service of services) {
    let restarting = Promise.resolve();
    await watchService(service, () => {
      restarting = restarting.then(async () => {
        const begun = performance.now();
        try {
          await platform.restart(service);
          say(`${service} runs its new version (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
        } catch (error) {
          say(error instanceof Error ? error.message : String(error));
        }
      });
    });
  }
  say('Watching the sources.');
};

const start = async (begun: number, watching: boolean, stopping: AbortSignal): Promise<Platform> => {
  const ports = readPorts();
  const left = await endLeftovers(dir);
  if (left.length > 0) say(`ended what an earlier run left behind: ${left.join(', ')}`);
  const { metrics, ...single } = ports;
  await requireFree([
    ...Object.entries(single).flatMap(([name, port]) =>
      isPortName(name) ? [{ variable: variableOf(name), port, what: name }] : [],
    ),
    ...[0, 1, 2, 3].map((place) => ({ variable: variableOf('metrics'), port: metrics + place, what: 'metrics' })),
  ]);
  ensureTools(storeTools, say);
  const built = buildCurrent({ web: !watching, progress: say });
  built.catch(() => undefined); // Said when it is waited for.
  const platform = await startPlatform({ dir, ports, built, web: watching ? 'dev' : true, progress: say });
  const { kafka, postgres, redis } = platform.servers;
  for (const one of [kafka, postgres, redis, ...platform.replicas.map((replica) => replica.process)]) {
    keepAlive(one, stopping);
  }
  if (watching) await watch(platform);
  const where = addresses(platform, ports);
  say(`\nIdempo is up after ${((performance.now() - begun) / 1000).toFixed(1)} s.\n\n${where}`);
  writeFileSync(files.urls, where);
  return platform;
};

const foreground = async (watching: boolean): Promise<void> => {
  mkdirSync(dirname(files.pid), { recursive: true });
  writePidFile(files.pid);
  rmSync(files.urls, { force: true });
  const stopping = new AbortController();
  const starting = start(performance.now(), watching, stopping.signal);

  const end = async (code: number) => {
    const platform = await starting.catch(() => undefined);
    await platform?.stop();
    await endLeftovers(dir);
    rmSync(files.urls, { force: true });
    rmSync(files.pid, { force: true });
    process.exit(code);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopping.signal.aborted) return;
      stopping.abort();
      say('\nending all of it; the data stays');
      // What is still starting gives up when it is ended under it.
      void Promise.race([starting.catch(() => undefined), endLeftovers(dir)]).then(() => end(0));
    });
  }
  try {
    await starting;
    say(process.env.IDEMPO_DETACHED === undefined ? '\nCtrl-C ends all of it.' : '\n./scripts/down ends all of it.');
  } catch (error) {
    if (stopping.signal.aborted) return;
    say(`\n${error instanceof Error ? error.message : String(error)}`);
    await end(1);
  }
};

/** Starts this same command in the background and shows what it says until all runs, or it gave up. */
const detach = async (flags: string[]): Promise<void> => {
  mkdirSync(dirname(files.log), { recursive: true });
  const log = openSync(files.log, 'w');
  const child = spawn(process.execPath, [...process.execArgv, import.meta.filename, ...flags], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, IDEMPO_DETACHED: 'true' },
  });
  closeSync(log);
  let shown = 0;
  const show = () => {
    const text = readFileSync(files.log, 'utf8');
    process.stdout.write(text.slice(shown));
    shown = text.length;
    return text;
  };
  while (child.exitCode === null && child.signalCode === null) {
    if (show().includes('./scripts/down ends all of it.')) {
      child.unref();
      process.exit(0);
    }
    await sleep(100);
  }
  show();
  process.exit(child.exitCode ?? 1);
};

const { values: flags } = parseArgs({
  options: { detach: { type: 'boolean' }, watch: { type: 'boolean' }, help: { type: 'boolean' } },
});
if (flags.help === true) {
  say(usage);
} else if (runningPid(files.pid) !== undefined) {
  const where = existsSync(files.urls) ? readFileSync(files.urls, 'utf8') : '  (still starting)';
  say(`Idempo is up already; ./scripts/down ends it.\n\n${where}`);
} else if (flags.detach === true) {
  await detach(flags.watch === true ? ['--watch'] : []);
} else {
  await foreground(flags.watch === true);
}
