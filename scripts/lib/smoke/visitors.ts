import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { Crowd } from '../../../tests/platform/crowd.ts';
import { Random } from '../../../tests/platform/random.ts';
import { ApiClient, type Call } from '../load/client.ts';
import { Customers } from './customers.ts';
import type { Line, Report } from './load.ts';

/**
 * Players in the cluster: runs in a pod, as one file, until its standard input ends. Says in lines of JSON how it goes, and at the end
 * what players were told, to be compared with what is recorded.
 */
const { values: args } = parseArgs({
  options: {
    url: { type: 'string', default: '' },
    players: { type: 'string', default: '12' },
    actions: { type: 'string', default: '24' },
    reads: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
  },
});
const say = (line: Line, then?: () => void) => process.stdout.write(`${JSON.stringify(line)}\n`, then);

const api = new ApiClient(args.url);
let requests = 0;
const times: number[] = [];
api.watch = (call: Call) => {
  requests++;
  times.push(call.ms);
  // The contract lets an action be pending: it is asked for again with the same key.
  if ((call.status >= 500 || call.status === 0) && call.error !== 'ACTION_PENDING') {
    const answer = `${call.status || 'no answer'} ${call.error} ${call.detail}`.trim();
    say({ failed: `${call.method} ${call.path}: ${answer} after ${call.ms.toFixed(0)} ms` });
  }
};
const random = new Random(Number(args.seed));
const crowd = await Crowd.start(api, random, { players: Number(args.players), actionsPerSecond: Number(args.actions) });
const customers = new Customers(crowd.players, random, Number(args.reads));
const progress = setInterval(() => say({ requests, actions: crowd.acknowledged.length }), 1000);
await text(process.stdin);
await customers.stop();
await crowd.stop();
clearInterval(progress);
times.sort((a, b) => a - b);
const at = (part: number) => Math.round(times[Math.floor(times.length * part)] ?? 0);
const report: Report = {
  requests,
  ms: { p50: at(0.5), p99: at(0.99), most: Math.round(times.at(-1) ?? 0) },
  acknowledged: crowd.acknowledged,
  results: [...crowd.results],
  cancelled: crowd.cancelled.size,
  repeats: Object.fromEntries(crowd.repeats),
  longestAwayMs: crowd.longestAway,
  trades: Object.fromEntries(customers.trades),
  trouble: [...crowd.trouble, ...customers.trouble],
};
// What is written to a pipe is not there yet when the process ends.
say({ report }, () => process.exit(0));
