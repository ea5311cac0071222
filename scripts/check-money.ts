import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { rewardsSchema } from '../src/reward/rewards.ts';
import { root } from './lib/bundle.ts';
import { checkMoney, describe } from './lib/money/money.ts';
import { embedded, inCluster } from './lib/money/sources.ts';
import { foldersOf } from './lib/servers.ts';
import { secretsIn } from './lib/secrets.ts';
import { readValues } from './lib/values.ts';

const usage = `check-money [--postgres-port 5432] [--cluster [--namespace databases]] [--settled-seconds 60] [--rewards JSON]

Checks that nothing was lost or doubled: the ledger sums to 0, nothing is negative, what is held has its trade or action, every item has
one owner, and every reward, trade step and stamp was applied once. By default in the embedded run of scripts/up; with --cluster in the
databases of the chart on the cluster of KUBECONFIG. What ended less than --settled-seconds ago may still be under way between the
databases and is left out of the rules that tie them together. --rewards is what economy.rewards of the chart is, when not the default.
Ends with 1 when a rule is broken.
`;
const { values: args } = parseArgs({
  options: {
    'postgres-port': { type: 'string', default: '5432' },
    cluster: { type: 'boolean', default: false },
    namespace: { type: 'string', default: 'databases' },
    'settled-seconds': { type: 'string', default: '60' },
    rewards: { type: 'string', default: '{}' },
    help: { type: 'boolean', default: false },
  },
});
const settledMs = Number(args['settled-seconds']) * 1000;
if (args.help || !Number.isFinite(settledMs)) {
  (args.help ? process.stdout : process.stderr).write(usage);
  process.exit(args.help ? 0 : 1);
}
const values = readValues();
const embeddedRun = () => {
  const { postgresPassword: password } = secretsIn(join(foldersOf(join(root, '.idempo')).data, 'secrets.json'));
  return embedded({ postgres: { host: '127.0.0.1', port: Number(args['postgres-port']), password } }, values);
};
const ask = args.cluster ? inCluster(args.namespace, values) : embeddedRun();
const violations = await checkMoney(ask, rewardsSchema.parse(JSON.parse(args.rewards)), settledMs);
if (violations.length > 0) {
  process.stdout.write(`${describe(violations)}\n`);
  process.exit(1);
}
process.stdout.write('the money check passes: nothing was lost, nothing doubled\n');
