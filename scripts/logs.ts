import { createReadStream, existsSync, readdirSync, statSync, watchFile } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runFolder } from './lib/leftovers.ts';
import { foldersOf } from './lib/servers.ts';

const usage = `logs [SERVICE…] [--no-follow]

Shows the logs of the run on this machine and follows them: of a service (gateway), of one replica (gateway-1), of a store
(kafka), or of all.
`;

const folder = foldersOf(runFolder()).logs;
const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  allowNegative: true,
  options: { follow: { type: 'boolean', default: true }, help: { type: 'boolean' } },
});
if (flags.help === true) {
  process.stdout.write(usage);
  process.exit(0);
}

const names = existsSync(folder)
  ? readdirSync(folder).flatMap((file) => (file.endsWith('.log') ? [file.slice(0, -4)] : []))
  : [];
const belongs = (name: string, wanted: string) => name === wanted || name.replace(/-\d+$/, '') === wanted;
const unknown = positionals.filter((wanted) => !names.some((name) => belongs(name, wanted)));
if (unknown.length > 0) {
  process.stderr.write(`There is no log of ${unknown.join(', ')}; there are: ${names.join(', ') || 'none yet'}.\n`);
  process.exit(1);
}
const shown = names.filter((name) => positionals.length === 0 || positionals.some((wanted) => belongs(name, wanted)));

const show = (name: string): void => {
  const file = join(folder, `${name}.log`);
  const prefix = shown.length > 1 ? `${name}  ` : '';
  let rest = '';
  let from = 0;
  let reading = false;
  const read = () => {
    const { size } = statSync(file);
    if (size < from) from = 0; // A new run begins its logs anew.
    if (reading || size === from) return;
    reading = true;
    createReadStream(file, { start: from, end: size - 1, encoding: 'utf8' })
      .on('data', (text) => {
        const lines = (rest + text.toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) process.stdout.write(`${prefix}${line}\n`);
      })
      .on('close', () => {
        from = size;
        reading = false;
        read();
      });
  };
  read();
  if (flags.follow) watchFile(file, { interval: 200 }, read);
};
shown.forEach(show);
