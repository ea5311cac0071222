import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';

const canListen = (port: number, host: string): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });

/** Nobody listens on it, on this host's own address or on all of them. */
const isFree = async (port: number): Promise<boolean> =>
  (await canListen(port, '127.0.0.1')) && (await canListen(port, '0.0.0.0'));

/**
 * Below what systems give to outgoing connections, which could take a port between its choice and its use. Jest's workers,
 * who choose at the same time, have each their own of every eight.
 */
const range = { from: 15_000, size: 15_000 };
const lanes = 8;
const lane = Number(process.env.JEST_WORKER_ID ?? 0) % lanes;
const given = new Set<number>();

/** True once for a port that is free. */
const take = async (port: number): Promise<boolean> => {
  if (given.has(port)) return false;
  given.add(port);
  return isFree(port);
};

export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = range.from + lane + lanes * Math.floor((Math.random() * range.size) / lanes);
    if (await take(port)) return port;
  }
};

/** Where a node of a Redis Cluster speaks to the others: so many ports above the one it serves, in the same lane. */
const busOffset = 10_000;

/** A port for a node of a Redis Cluster: that of its bus is free too. */
export const freePortWithBus = async (): Promise<number> => {
  for (;;) {
    const port = await freePort();
    const bus = port + busOffset;
    if (bus < range.from + range.size && (await take(bus))) return port;
  }
};

/** Who listens on the port, as far as this system tells. */
const holder = (port: number): string | undefined => {
  const ask = (command: string, args: string[]): string => {
    try {
      return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    } catch {
      return ''; // The command is not here, or knows nothing.
    }
  };
  const byLsof = /^p(\d+)\nc(.+)$/m.exec(ask('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc']));
  if (byLsof) return `${byLsof[2] ?? ''} (process ${byLsof[1] ?? ''})`;
  const bySs = /users:\(\("([^"]+)",pid=(\d+)/.exec(ask('ss', ['-Hltnp', `sport = :${port}`]));
  return bySs ? `${bySs[1] ?? ''} (process ${bySs[2] ?? ''})` : undefined;
};

/** @throws Error that names every port that is taken, who has it, and the cure. */
export const requireFree = async (ports: { variable: string; port: number; what: string }[]): Promise<void> => {
  const problems: string[] = [];
  for (const { variable, port, what } of ports) {
    if (await isFree(port)) continue;
    const by = holder(port);
    problems.push(
      `Port ${port} (${what}) is taken${by === undefined ? '' : ` by ${by}`}. Stop that, or choose another port: ${variable}=${port + 1000} ./scripts/up`,
    );
  }
  if (problems.length > 0) throw new Error(problems.join('\n'));
};
