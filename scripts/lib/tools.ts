import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './bundle.ts';
import { kafkaJars } from './kafka.ts';
import {
  locate,
  locateChromium,
  locateGo,
  locateJava,
  locatePostgres,
  locatePromtool,
  locateRedis,
  promtool,
} from './locate.ts';
import { toxiproxy, toxiproxyVersion } from './toxiproxy.ts';
import { readValues } from './values.ts';

interface Tool {
  what: string;
  found(): boolean;
  apt: string;
  brew: string;
}

const tools = {
  java: { what: 'Java 17', found: () => locateJava() !== undefined, apt: 'default-jre-headless', brew: 'openjdk' },
  postgres: {
    what: 'PostgreSQL',
    found: () => locatePostgres() !== undefined,
    apt: 'postgresql',
    brew: 'postgresql@17',
  },
  redis: { what: 'Redis', found: () => locateRedis() !== undefined, apt: 'redis-server', brew: 'redis' },
  maven: {
    what: "Maven (for Kafka's jars)",
    found: () => existsSync(kafkaJars()) || locate('mvn') !== undefined,
    apt: 'maven',
    brew: 'maven',
  },
  go: {
    what: 'Go (for Toxiproxy)',
    found: () => existsSync(toxiproxy()) || locateGo() !== undefined,
    apt: 'golang-go',
    brew: 'go',
  },
  promtool: {
    what: 'promtool (of Prometheus)',
    found: () => locatePromtool() !== undefined || locate('dpkg-deb') !== undefined,
    apt: 'prometheus',
    brew: 'prometheus',
  },
  chromium: { what: 'Chromium', found: () => locateChromium() !== undefined, apt: 'chromium', brew: '--cask chromium' },
} satisfies Record<string, Tool>;

export type ToolName = keyof typeof tools;

/** What a command printed goes to a file, whose end is shown when the command fails. */
const quietly = (command: string, args: string[], env: NodeJS.ProcessEnv = process.env): void => {
  const logFile = join(root, '.idempo/logs/install.log');
  mkdirSync(join(root, '.idempo/logs'), { recursive: true });
  const log = openSync(logFile, 'a');
  const { status, error } = spawnSync(command, args, { env, stdio: ['ignore', log, log] });
  closeSync(log);
  if (status === 0) return;
  const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-12);
  throw new Error(
    `${command} ${args.join(' ')} failed${error ? ` (${error.message})` : ''}.\n  ${lines.join('\n  ')}\n  (from ${logFile})`,
  );
};

/** How this user may call apt-get, if there is one and it needs no password. */
const aptGet = (): string[] | undefined => {
  if (locate('apt-get') === undefined) return undefined;
  if (process.getuid?.() === 0) return ['apt-get'];
  const sudo = locate('sudo') !== undefined && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0;
  return sudo ? ['sudo', 'apt-get'] : undefined;
};

const cure = (missing: Tool[]): string => {
  const packages = (kind: 'apt' | 'brew') => missing.map((tool) => tool[kind]).join(' ');
  const what = missing.map((tool) => tool.what).join(', ');
  const commands =
    process.platform === 'darwin'
      ? missing.map(({ brew }) => `  brew install ${brew}`).join('\n')
      : `  sudo apt-get install ${packages('apt')}    (or the like packages of your system)`;
  return `Missing: ${what}. Install with:\n${commands}\nand run this again.`;
};

const installPackages = (missing: Tool[], progress: (line: string) => void): void => {
  const apt = aptGet();
  if (apt === undefined) throw new Error(cure(missing));
  const packages = missing.map((tool) => tool.apt);
  progress(`installing ${packages.join(', ')} (apt-get)`);
  const [command = '', ...rest] = apt;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  quietly(command, [...rest, 'update', '-qq'], env);
  quietly(command, [...rest, 'install', '-y', '-qq', '--no-install-recommends', ...packages], env);
  const still = missing.filter((tool) => !tool.found());
  if (still.length > 0) throw new Error(cure(still));
};

/** The broker's jars, from Maven Central. */
const installKafka = (progress: (line: string) => void): void => {
  const { version } = readValues().kafka;
  progress(`downloading Kafka ${version} (Maven Central)`);
  const fresh = `${kafkaJars()}.new`;
  rmSync(fresh, { recursive: true, force: true });
  quietly('mvn', [
    ...['--quiet', '--batch-mode', '--file', join(root, 'scripts/lib/kafka-pom.xml'), `-Dkafka.version=${version}`],
    ...['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${fresh}`],
  ]);
  renameSync(fresh, kafkaJars());
};

/** The proxy that cuts and slows connections in the fault tests, from the Go module proxy. */
const installToxiproxy = (progress: (line: string) => void): void => {
  progress(`building Toxiproxy ${toxiproxyVersion} (go install)`);
  const fresh = `${toxiproxy()}.new`;
  rmSync(fresh, { recursive: true, force: true });
  quietly(locateGo() ?? 'go', ['install', `github.com/Shopify/toxiproxy/v2/cmd/server@${toxiproxyVersion}`], {
    ...process.env,
    GOBIN: fresh,
    GOFLAGS: '-mod=mod',
  });
  renameSync(join(fresh, 'server'), toxiproxy());
  rmSync(fresh, { recursive: true });
};

/** One program of Debian's package, which, once installed, would run a Prometheus. */
const installPromtool = (progress: (line: string) => void): void => {
  progress('downloading promtool (apt-get)');
  const fresh = `${promtool()}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  const [command, ...rest] = aptGet() ?? [];
  if (command !== undefined) quietly(command, [...rest, 'update', '-qq']);
  const script = 'cd "$1" && apt-get download -qq prometheus && dpkg-deb --extract prometheus_*.deb .';
  quietly('sh', ['-euc', script, 'sh', fresh]);
  renameSync(join(fresh, 'usr/bin/promtool'), promtool());
  rmSync(fresh, { recursive: true });
};

/** Installs what is missing. @throws Error with the command that does it, where this user may not. */
export const ensureTools = (wanted: ToolName[], progress: (line: string) => void): void => {
  const missing = wanted.map((name) => tools[name]).filter((tool) => !tool.found());
  if (missing.length > 0) installPackages(missing, progress);
  if (wanted.includes('maven') && !existsSync(kafkaJars())) installKafka(progress);
  if (wanted.includes('promtool') && locatePromtool() === undefined) installPromtool(progress);
  if (wanted.includes('go') && !existsSync(toxiproxy())) installToxiproxy(progress);
};

/** What the stores need. */
export const storeTools: ToolName[] = ['java', 'postgres', 'redis', 'maven'];
