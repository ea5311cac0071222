import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { parse } from 'yaml';
import { ApiClient, PlayerClient } from './lib/load/client.ts';
import { playMatch } from './lib/play.ts';
import { buyFromHouse } from './lib/trade.ts';

/**
 * Installs the chart with values/local.yaml on the cluster that KUBECONFIG names, tests it, plays a match and buys a sword
 * with its reward through the front door, uninstalls it, and looks for what is left. Ends with 1, and with what the cluster
 * says, when anything is not right.
 */
const release = process.env['RELEASE'] ?? 'idempo';
const namespace = process.env['RELEASE_NAMESPACE'] ?? 'default';
/** Brings images into the cluster, e.g. `kind load docker-image`; called with their names. Empty: the cluster pulls them. */
const loadCommand = process.env['IMAGE_LOAD_COMMAND'] ?? '';
const ours = ['idempo', 'kafka', 'databases', 'monitoring'];
/** Long enough for two players to fight it out, among themselves, and short enough for a test. */
const rules = { lobbySeconds: 5, matchSeconds: 60, botsFillTo: 0 };

const began = performance.now();
const say = (text: string) =>
  console.log(`[smoke ${((performance.now() - began) / 1000).toFixed(0).padStart(3)}s] ${text}`);
/** What was found to hold. */
let passed = 0;
const held = (text: string) => {
  passed += 1;
  say(text);
};
const run = async (command: string, ...args: string[]) => (await execa(command, args)).stdout;
const kubectl = (...args: string[]) => run('kubectl', ...args);

const install = async (): Promise<void> => {
  const images = existsSync('dist/images.yaml') ? ['--values', 'dist/images.yaml'] : [];
  const values = ['--values', 'values/local.yaml', ...images, '--set-json', `game.rules=${JSON.stringify(rules)}`];
  await run('helm', 'install', release, '.', '--namespace', namespace, '--create-namespace', ...values);
  say('installed; waiting for the services');
  await kubectl('wait', '--namespace', 'idempo', 'deployment', '--all', '--for=condition=Available', '--timeout=8m');
};

/** The names of the images that the release's services run. */
const serviceImages = async (): Promise<string[]> => {
  const images = existsSync('dist/images.yaml') ? ['--values', 'dist/images.yaml'] : [];
  const rendered = await run('helm', 'template', release, '.', '--values', 'values/local.yaml', ...images);
  return [...new Set(rendered.match(/(?<=image: )\S+\/idempo\/\S+/g))];
};

/** Both renderings, as strictly as the API server checks them, with the real CRDs. */
const acceptRenderings = async (): Promise<void> => {
  // KEDA is in the cloud's alone.
  await kubectl('apply', '--server-side', '--filename', 'charts/keda-crds/crds');
  for (const overlay of ['local', 'cloud']) {
    const input = await run('helm', 'template', release, '.', '--values', `values/${overlay}.yaml`);
    const strict = ['--dry-run=server', '--validate=strict', '--server-side', '--force-conflicts'];
    await execa('kubectl', ['apply', ...strict, '--filename', '-'], { input });
  }
};

/** The front door without an ingress controller: web passes on what is the gateway's. */
const withFrontDoor = async <T>(work: (url: string) => Promise<T>): Promise<T> => {
  const port = await freePort();
  const forward = spawn('kubectl', ['port-forward', '--namespace', 'idempo', 'service/web', `${String(port)}:3001`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    await new Promise((resolve, reject) => {
      forward.stdout.once('data', resolve);
      forward.once('exit', () => reject(new Error('kubectl port-forward ended')));
    });
    return await work(`http://127.0.0.1:${String(port)}`);
  } finally {
    forward.kill();
  }
};

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

const playAndBuy = async (frontDoor: string): Promise<void> => {
  const api = new ApiClient(frontDoor);
  try {
    const players = await Promise.all([PlayerClient.guest(api), PlayerClient.guest(api)]);
    const { matchId, seconds, resolved, refused, result } = await playMatch(players);
    held(
      `played match ${matchId} in ${seconds.toFixed(0)} s: ${String(resolved)} actions, ${String(refused)} refused, ${result.reason}`,
    );
    const winner = players.find(({ playerId }) => result.winners.includes(playerId));
    if (winner === undefined) throw new Error('the winner is neither of the two players');
    const bought = await buyFromHouse(winner);
    held(
      `the winner got ${String(bought.balance)} after ${bought.rewardSeconds.toFixed(1)} s, and bought: ${bought.item} for ${String(bought.price)} in ${bought.tradeSeconds.toFixed(1)} s`,
    );
  } finally {
    await api.close();
  }
};

/** Everything in the cluster that came with the release and is not meant to stay: all but namespaces and CRDs. */
const leftovers = async (): Promise<string[]> => {
  const kinds =
    'pods,services,deployments,statefulsets,jobs,persistentvolumeclaims,configmaps,secrets,serviceaccounts,roles,rolebindings';
  const custom =
    'kafkas.kafka.strimzi.io,kafkanodepools.kafka.strimzi.io,kafkatopics.kafka.strimzi.io,kafkausers.kafka.strimzi.io,clusters.postgresql.cnpg.io';
  const inNamespaces = await Promise.all(
    ours.map(async (each) => {
      const names = await kubectl(
        'get',
        `${kinds},${custom}`,
        '--namespace',
        each,
        '--output',
        'name',
        '--ignore-not-found',
      );
      return names.split('\n').map((name) => `${each}: ${name}`);
    }),
  );
  const selector = ['--selector', `app.kubernetes.io/instance=${release}`, '--output', 'name', '--ignore-not-found'];
  const clusterScoped =
    'clusterroles,clusterrolebindings,mutatingwebhookconfigurations,validatingwebhookconfigurations,persistentvolumes';
  const global = await kubectl('get', clusterScoped, ...selector);
  // Every namespace has these by itself.
  const standard = /: $|configmap\/kube-root-ca\.crt|serviceaccount\/default/;
  return [...inNamespaces.flat(), ...global.split('\n').map((name) => `: ${name}`)].filter(
    (name) => !standard.test(name),
  );
};

const uninstall = async (): Promise<void> => {
  const start = performance.now();
  await run('helm', 'uninstall', release, '--namespace', namespace, '--timeout', '2m');
  const uninstalled = (performance.now() - start) / 1000;
  let left = await leftovers();
  // Pods may take their grace period to end.
  while (left.length > 0 && performance.now() - start < 120_000) {
    await sleep(1000);
    left = await leftovers();
  }
  if (left.length > 0) throw new Error(`left two minutes after helm uninstall:\n  ${left.join('\n  ')}`);
  const gone = (performance.now() - start) / 1000;
  held(
    `helm uninstall took ${uninstalled.toFixed(0)} s, and after ${gone.toFixed(0)} s nothing was left but namespaces and CRDs`,
  );
};

/** What somebody who looks for the cause needs. */
const describe = async (): Promise<void> => {
  const show = async (...args: string[]) =>
    console.error((await execa('kubectl', args, { reject: false, all: true })).all);
  await show('get', 'pods', '--all-namespaces');
  await show('get', 'events', '--all-namespaces', '--field-selector', 'type=Warning', '--sort-by', '.lastTimestamp');
  const deployments = await kubectl('get', 'deployments', '--namespace', 'idempo', '--output', 'name');
  const workloads = deployments.split('\n').map((name) => name.replace(/^.*\//, ''));
  for (const workload of [...workloads, 'idempo-credentials', 'idempo-cleanup'])
    await show(
      'logs',
      '-n',
      'idempo',
      '--selector',
      `app.kubernetes.io/name=${workload}`,
      '--all-containers',
      '--tail=20',
    );
};

const version = parse(await kubectl('version', '--output', 'yaml')) as { serverVersion: { gitVersion: string } };
say(`cluster: Kubernetes ${version.serverVersion.gitVersion}`);
if (loadCommand !== '') {
  const images = await serviceImages();
  const [command = '', ...args] = loadCommand.split(' ');
  await run(command, ...args, ...images);
  say(`loaded ${String(images.length)} images`);
}
try {
  const start = performance.now();
  await install();
  await run('helm', 'test', release, '--namespace', namespace);
  held(`ready to play, tests passed, ${((performance.now() - start) / 1000).toFixed(0)} s after helm install`);
  await acceptRenderings();
  held('the API server accepts the local and the cloud rendering');
  await withFrontDoor(playAndBuy);
} catch (error) {
  await describe();
  throw error;
} finally {
  if (process.env['KEEP'] === undefined) await uninstall();
}
console.log(`${String(passed)} passed, 0 failed`);
