import { rmSync } from 'node:fs';
import { endLeftovers, runFiles, runFolder } from './lib/leftovers.ts';
import { endPid, runningPid } from './lib/process.ts';

/** down: ends what `up` started, services before stores. The data stays. */
const dir = runFolder();
const { pid, urls } = runFiles(dir);
const say = (line: string) => process.stdout.write(`${line}\n`);

const running = runningPid(pid) !== undefined;
if (running) say('ending all of it; the data stays');
await endPid(pid, 'SIGTERM', 60_000);
const left = await endLeftovers(dir);
rmSync(urls, { force: true });
if (left.length > 0) say(`ended what a run had left behind: ${left.join(', ')}`);
say(running || left.length > 0 ? 'Idempo is down.' : 'Idempo was not up.');
