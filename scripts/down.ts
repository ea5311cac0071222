import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './lib/bundle.ts';
import { endLeftovers, runFiles } from './lib/leftovers.ts';
import { endPid, runningPid } from './lib/process.ts';

/** down: ends what `up` started, services before stores. The data stays. */
const dir = join(root, '.idempo');
const { pid, urls } = runFiles(dir);
const say = (line: string) => process.stdout.write(`${line}\n`);

const running = runningPid(pid) !== undefined;
if (running) say('ending all of it; the data stays in .idempo/');
await endPid(pid, 'SIGTERM', 60_000);
const left = await endLeftovers(dir);
rmSync(urls, { force: true });
if (left.length > 0) say(`ended what a run had left behind: ${left.join(', ')}`);
say(running || left.length > 0 ? 'Idempo is down.' : 'Idempo was not up.');
