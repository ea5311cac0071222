import { join } from 'node:path';
import { root } from './bundle.ts';
import { freePort } from './ports.ts';
import { ManagedProcess } from './process.ts';
import { foldersOf } from './servers.ts';

export const toxiproxyVersion = 'v2.5.0';

/** Where the program is; tools.ts brings it. */
export const toxiproxy = (): string => join(root, `.idempo/tools/toxiproxy-${toxiproxyVersion}`);

/** A TCP proxy before one server. */
export interface FaultyPath {
  /** Where clients connect to. */
  port: number;
  /** Ends all connections and takes none. */
  cut(): Promise<void>;
  /** Each answer of the server is so late, give or take a third. */
  slow(ms: number): Promise<void>;
  /** As if nothing had been. */
  mend(): Promise<void>;
}

/** Toxiproxy, with a path to each of these ports. */
export interface FaultyNetwork<Name extends string> {
  paths: Record<Name, FaultyPath>;
  stop(): Promise<void>;
}

export const startToxiproxy = async <Name extends string>(
  dir: string,
  ports: Record<Name, number>,
): Promise<FaultyNetwork<Name>> => {
  const folders = foldersOf(dir);
  const control = await freePort();
  const server = new ManagedProcess({
    name: 'toxiproxy',
    command: toxiproxy(),
    args: ['-host', '127.0.0.1', '-port', String(control)],
    logFile: join(folders.logs, 'toxiproxy.log'),
    pidFile: join(folders.run, 'toxiproxy.pid'),
    ready: async () => (await fetch(`http://127.0.0.1:${control}/version`)).ok,
    readyWithinMs: 10_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 5000,
  });
  await server.start();
  const tell = async (path: string, body: object): Promise<void> => {
    const response = await fetch(`http://127.0.0.1:${control}${path}`, { method: 'POST', body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`toxiproxy ${path}: ${text}`);
  };
  const open = async (name: string, upstream: number): Promise<FaultyPath> => {
    const port = await freePort();
    await tell('/proxies', { name, listen: `127.0.0.1:${port}`, upstream: `127.0.0.1:${upstream}`, enabled: true });
    return {
      port,
      cut: () => tell(`/proxies/${name}`, { enabled: false }),
      slow: (ms) =>
        tell(`/proxies/${name}/toxics`, { type: 'latency', attributes: { latency: ms, jitter: Math.round(ms / 3) } }),
      // It knows a reset of all proxies only: whoever does one thing at a time needs no other.
      mend: () => tell('/reset', {}),
    };
  };
  const paths: Partial<Record<Name, FaultyPath>> = {};
  for (const name of Object.keys(ports) as Name[]) paths[name] = await open(name, ports[name]);
  return { paths: paths as Record<Name, FaultyPath>, stop: () => server.stop() };
};
