import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { composeFacts, requireCompose } from './lib/compose/running.ts';
import { buildCurrent } from './lib/build-current.ts';
import { services, watchServices } from './lib/bundle.ts';
import { endLeftovers, runFiles, runFolder } from './lib/leftovers.ts';
import { readPorts, variableOf, type Ports } from './lib/local-ports.ts';
import { startOn, startPlatform, type Platform, type PlatformOptions } from './lib/platform.ts';
import { requireFree } from './lib/ports.ts';
import { runningPid, writePidFile, type ManagedProcess } from './lib/process.ts';
import { foldersOf, type ServerFacts } from './lib/servers.ts';
import { ensureTools, storeTools } from './lib/tools.ts';
import { readValues } from './lib/values.ts';

const usage = `up [--detach] [--watch] [--compose]

Runs the whole platform on this machine, without containers: Kafka, PostgreSQL, Redis, the services and the web page.
Installs what is missing. Data, logs and tools are in .idempo/ (data and logs in IDEMPO_DIR, if that is set).

  --detach   comes back when everything runs; ./scripts/down ends it
  --watch    takes up changes of the sources
  --compose  on the stores that \`docker compose up -d\` has started, in place of its own; with --watch it is \`npm run dev\`

Ports: IDEMPO_PORT_WEB (3001), IDEMPO_PORT_GATEWAY (4000), IDEMPO_PORT_GAME (4001), _WALLET (4002), _INVENTORY (4003),
_MARKETPLACE (4004), _LEADERBOARD (4005), _NOTIFICATION (4006), _DLQ (8080), _METRICS (9100 and the eleven after it),
_KAFKA (19092), _POSTGRES (15432), _REDIS (16379).
`;

/** Without stores where they are Compose's. */
type Services = Omit<Platform, 'servers'> & Partial<Pick<Platform, 'servers'>>;

const dir = runFolder();
const files = runFiles(dir);
const say = (line: string) => process.stdout.write(`${line}\n`);

/** What is printed at the end, and again by a second `up`. */
const addresses = ({ replicas }: Services, ports: Ports): string => {
  const metrics = replicas.map(({ service, managementUrl }) => `${service} ${new URL(managementUrl).port}`);
  const { username } = readValues().dlq.operator;
  return [
    `  Play         http://localhost:${ports.web}`,
    `  API          http://localhost:${ports.gateway}/api/docs`,
    `  Operators    http://localhost:${ports.dlq}, the dead letters (${username}; the password is operatorPassword in`,
    `               ${join(foldersOf(dir).data, 'secrets.json')})`,
    `  Metrics      http://localhost:<port>/metrics (${metrics.join(', ')})`,
    `  Stores       Kafka localhost:${ports.kafka}, PostgreSQL localhost:${ports.postgres}, Redis localhost:${ports.redis}${flags.compose === true ? ' (of compose.yaml)' : ''}`,
    `  Logs         ./scripts/logs [${[...new Set(replicas.map(({ service }) => service))].join('|')}]`,
  ].join('\n');
};

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
  one.onCrash = (how) => {
    if (!stopping.aborted) void again(how);
  };
};

const watch = async (platform: Services): Promise<void> => {
  let restarting = Promise.resolve();
  await watchServices((service) => {
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
  say('Watching the sources.');
};

/** Compose's stores stay when the services end. */
const onCompose = (facts: ServerFacts, options: PlatformOptions): Promise<Services> =>
  startOn({ facts, serviceFacts: facts, stop: () => Promise.resolve() }, options);

const start = async (begun: number, watching: boolean, stopping: AbortSignal): Promise<Services> => {
  const ports = readPorts();
  const left = await endLeftovers(dir);
  if (left.length > 0) say(`ended what an earlier run left behind: ${left.join(', ')}`);
  const { metrics, kafka, postgres, redis, ...own } = ports;
  const compose = flags.compose === true;
  await requireFree([
    ...Object.entries(compose ? own : { ...own, kafka, postgres, redis }).map(([name, port]) => ({
      variable: variableOf(name),
      port,
      what: name,
    })),
    // One for each service, and web's.
    ...[...services, 'web'].map((_, place) => ({
      variable: variableOf('metrics'),
      port: metrics + place,
      what: 'metrics',
    })),
  ]);
  const facts = compose ? composeFacts(dir, readValues(), ports) : undefined;
  if (facts) await requireCompose(facts, readValues());
  else ensureTools(storeTools, say);
  const built = buildCurrent({ web: !watching, progress: say });
  built.catch(() => undefined); // Said when it is waited for.
  const options: PlatformOptions = {
    ...{ dir, ports, built, bots: true, web: watching ? 'dev' : true, progress: say },
    // Nobody minds a request that meets the end of all, or a restart, and everybody the wait.
    env: { gateway: { LINGER_MS: '0' } },
  };
  const platform: Services = facts ? await onCompose(facts, options) : await startPlatform(options);
  const { servers } = platform;
  for (const one of servers ? [servers.kafka, servers.postgres, servers.redis] : []) keepAlive(one, stopping);
  for (const { process: one } of platform.replicas) keepAlive(one, stopping);
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
  options: {
    detach: { type: 'boolean' },
    watch: { type: 'boolean' },
    compose: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
if (flags.help === true) {
  say(usage);
} else if (runningPid(files.pid) !== undefined) {
  const where = existsSync(files.urls) ? readFileSync(files.urls, 'utf8') : '  (still starting)';
  say(`Idempo is up already; ./scripts/down ends it.\n\n${where}`);
} else if (flags.detach === true) {
  await detach((['watch', 'compose'] as const).flatMap((name) => (flags[name] === true ? [`--${name}`] : [])));
} else {
  await foreground(flags.watch === true);
}
