import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './bundle.ts';
import { endPid, runningPid } from './process.ts';
import { foldersOf } from './servers.ts';

/** Where the embedded run keeps data, logs and pids; another folder is another platform. */
export const runFolder = (): string => process.env.IDEMPO_DIR ?? join(root, '.idempo');

const stores = { kafka: 'SIGTERM', postgres: 'SIGINT', redis: 'SIGTERM' } as const;
const isStore = (name: string): name is keyof typeof stores => name in stores;

/** What a run in this folder was started by and answers at. */
export const runFiles = (dir: string) => {
  const { run, logs } = foldersOf(dir);
  return { pid: join(run, 'up/pid'), urls: join(run, 'up/urls.txt'), log: join(logs, 'up.log') };
};

/** Ends the processes that a run left behind, services before stores. Answers with their names. */
export const endLeftovers = async (dir: string): Promise<string[]> => {
  const { run } = foldersOf(dir);
  if (!existsSync(run)) return [];
  const names = readdirSync(run).flatMap((file) => (file.endsWith('.pid') ? [file.slice(0, -4)] : []));
  const running = names.filter((name) => runningPid(join(run, `${name}.pid`)) !== undefined);
  const end = (which: string[]) =>
    Promise.all(
      which.map((name) => endPid(join(run, `${name}.pid`), isStore(name) ? stores[name] : 'SIGTERM', 28_000)),
    );
  await end(names.filter((name) => !isStore(name)));
  await end(names.filter(isStore));
  return running;
};
