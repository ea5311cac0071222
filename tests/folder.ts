import { globSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../scripts/lib/bundle.ts';
import { endPid, runningPid, writePidFile } from '../scripts/lib/process.ts';

const all = join(root, '.idempo/tests');

export interface OwnFolder {
  path: string;
  remove(): void;
}

/** What tests that were killed left behind is ended and removed. */
const reap = async (): Promise<void> => {
  for (const name of readdirSync(all)) {
    const folder = join(all, name);
    if (runningPid(join(folder, 'owner.pid')) !== undefined) continue;
    const abandoned = globSync(join(folder, 'run/*.pid'));
    await Promise.all(abandoned.map((pidFile) => endPid(pidFile, 'SIGKILL', 5000)));
    rmSync(folder, { recursive: true, force: true });
  }
};

/** A folder for the servers of one test file, whose data and logs nobody shares. Kept when KEEP_TEST_FOLDERS is set. */
export const ownFolder = async (name: string): Promise<OwnFolder> => {
  mkdirSync(all, { recursive: true });
  const path = mkdtempSync(join(all, `${name}-`));
  writePidFile(join(path, 'owner.pid'));
  await reap();
  return {
    path,
    remove: () => {
      if (process.env.KEEP_TEST_FOLDERS === undefined) rmSync(path, { recursive: true, force: true });
    },
  };
};
