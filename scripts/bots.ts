import { parseArgs } from 'node:util';
import { Api } from '../src/bots/api.ts';
import { demoPlayers } from '../src/bots/people.ts';
import { nameLogger } from '../src/platform/telemetry/logger.ts';
import { seeded } from './lib/load/fleet.ts';

const usage = `bots --players N [--url http://127.0.0.1:4000] [--seconds S] [--seed 1]

N guests who fight, sell and buy as people do, by the public API of the platform at that address, until Ctrl-C or for S seconds.
`;
const { values: args } = parseArgs({
  options: {
    players: { type: 'string' },
    url: { type: 'string', default: 'http://127.0.0.1:4000' },
    seconds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});
const players = Number(args.players);
if (args.help || !Number.isInteger(players) || players < 1) {
  (args.help ? process.stdout : process.stderr).write(usage);
  process.exit(args.help ? 0 : 1);
}
nameLogger('bots');
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
if (args.seconds !== undefined) setTimeout(() => stop.abort(), Number(args.seconds) * 1000).unref();
process.stdout.write(`${players} players at ${args.url}; Ctrl-C ends them\n`);
await demoPlayers(new Api(args.url, stop.signal), { players, random: seeded(Number(args.seed)), signal: stop.signal });
process.exit(0);
