import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apply, kubectl, Pods, type Pod } from './lib/rehearsal/cluster.ts';
import { Rehearsal } from './lib/rehearsal/rehearsal.ts';
import { addNodes, Kubelets, nodeName, nodeSize, zoneOf, zones, type Zone } from './lib/rehearsal/zones.ts';

/**
 * Tries where the cloud values put their pods, on the cluster that KUBECONFIG names, with nodes that only say that they run what they
 * are given (kwok): in three zones, at the fewest and at the most replicas, while each zone has a node drained, and when a zone is lost.
 * Ends with 1 when anything is not as it should be. All that it makes is its own, and gone at the end.
 */
const began = performance.now();
const say = (text: string) =>
  console.log(`[rehearse ${((performance.now() - began) / 1000).toFixed(0).padStart(3)}s] ${text}`);
let passed = 0;
let failed = 0;
/** Counts a check: it holds when there is nothing wrong. */
const check = (holds: string, wrong: string[]): void => {
  if (wrong.length === 0) passed += 1;
  else failed += 1;
  say(wrong.length === 0 ? holds : `FAILED: ${holds}: ${wrong.join('; ')}`);
};

const zonesOf = (pods: Pod[]): Set<Zone | undefined> => new Set(pods.map(({ node }) => zoneOf(node)));
const whereabouts = (pods: Pod[]) => pods.map(({ name, node }) => `${name} on ${node ?? 'no node'}`).join(', ');

/** What is not spread over as many zones as it could be. */
const crowded = (names: string[], pods: Pods): string[] =>
  names.flatMap((name) => {
    const ready = pods.ready(name);
    return zonesOf(ready).size < Math.min(ready.length, zones.length) ? [whereabouts(ready)] : [];
  });

const checkPlaces = (rehearsal: Rehearsal, pods: Pods): void => {
  const { services, kafka, databases } = rehearsal;
  check(
    `each zone has one of ${kafka.join(', of ')}, of ${databases.join(', of ')}`,
    crowded([...kafka, ...databases], pods),
  );
  const several = services.filter((name) => pods.ready(name).length > 1);
  check(`${several.length} services with several pods have them in different zones`, crowded(several, pods));
};

/** After a loss it may be otherwise: what has moved does not move back by itself. */
const checkRedis = ({ shards }: Rehearsal, pods: Pods): void => {
  const first = pods.all.filter(({ name, ready }) => ready && /^redis-\d+-0$/.test(name));
  check('the nodes of a Redis shard are in different zones, and its primaries in all of them', [
    ...crowded(shards, pods),
    ...(zonesOf(first).size < zones.length ? [whereabouts(first)] : []),
  ]);
};

const checkSpace = (rehearsal: Rehearsal, at: 'min' | 'max', pods: Pods): void => {
  const nodes = new Set(pods.all.map(({ node }) => node)).size;
  const { cpu, memory } = rehearsal.requests(at);
  const of = `of the ${(nodes * nodeSize.cpu).toFixed(1)} CPUs and ${nodes * nodeSize.memory} GiB of ${nodes} nodes`;
  const running = pods.all.filter(({ ready }) => ready).length;
  check(
    `${running} pods, at the ${at === 'min' ? 'fewest' : 'most'} replicas, ask for ${cpu.toFixed(1)} CPUs and ${memory.toFixed(1)} GiB ${of}: all run`,
    [],
  );
};

/** Does what an operator of the cluster does to look after a node. CloudNativePG moves a primary off a cordoned node by itself. */
const drain = async (node: string, rehearsal: Rehearsal, pods: Pods): Promise<void> => {
  await kubectl('cordon', node);
  await rehearsal.movePrimaries(pods, (pod) => pod.node !== node);
  await kubectl('drain', node, '--ignore-daemonsets', '--delete-emptydir-data', '--timeout=180s');
  await rehearsal.settled(pods, 60);
  await kubectl('uncordon', node);
};

const drainEachZone = async (rehearsal: Rehearsal, pods: Pods): Promise<void> => {
  const start = performance.now();
  const fewest = rehearsal.fewest(pods);
  for (const zone of zones) await drain(nodeName(zone, 0), rehearsal, pods);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  check(
    `a node of each zone was drained, in ${seconds} s in all, and nothing fell below what it needs`,
    fewest.wrong(),
  );
};

const loseZone = async (rehearsal: Rehearsal, kubelets: Kubelets, pods: Pods): Promise<void> => {
  const singles = rehearsal.services.filter((name) => rehearsal.replicas(name, 'min') === 1);
  const alone = (zone: Zone) => singles.filter((name) => pods.ready(name).every(({ node }) => zoneOf(node) === zone));
  // The one that takes most of those that have a single pod.
  const lost = zones.reduce((worst, zone) => (alone(zone).length > alone(worst).length ? zone : worst), zones[0]);
  const away = alone(lost);
  const elsewhere = (name: string) => pods.ready(name).filter(({ node }) => zoneOf(node) !== lost).length;
  const fewest = rehearsal.fewest(pods);
  const start = performance.now();
  await kubelets.stop(lost);
  say(`${lost} is gone, and with it the only pod of ${away.join(', ') || 'no service'}`);
  const short = (names: string[], least: number) => names.filter((name) => elsewhere(name) < least);
  check(
    'every service with several pods has one left',
    short(
      rehearsal.services.filter((name) => !singles.includes(name)),
      1,
    ),
  );
  check(
    'two of three are left of the brokers, of the controllers and of each database',
    short([...rehearsal.kafka, ...rehearsal.databases], 2),
  );
  check('each Redis shard has a node left', short(rehearsal.shards, 1));
  await rehearsal.movePrimaries(pods, ({ node }) => zoneOf(node) !== lost);

  const seconds = () => ((performance.now() - start) / 1000).toFixed(0);
  await pods.until(
    (all) => all.every(({ node, ready }) => !ready || zoneOf(node) !== lost),
    90,
    () => `${lost} still counts as there`,
  );
  say(`the cluster noticed after ${seconds()} s`);
  await rehearsal.settled(pods, 120, rehearsal.moved);
  check(
    `every Deployment has all of its pods again in the other zones, ${seconds()} s after the loss, ${away.length} that had one pod included`,
    fewest.wrong(),
  );
  // Nobody but the owner of the machines knows that they are off, and that what ran on them may run elsewhere.
  const outOfService = (change: string) =>
    kubectl(
      ...['taint', 'nodes', '--selector', `topology.kubernetes.io/zone=${lost}`],
      `node.kubernetes.io/out-of-service${change}`,
    );
  await outOfService('=nodeshutdown:NoExecute');
  await rehearsal.settled(pods, 60, rehearsal.free);
  check(`what has no volume runs in the other zones, Redis too, ${seconds()} s after the loss`, []);
  await outOfService('-');
  kubelets.start(lost);
  const back = await rehearsal.settled(pods, 60);
  check(
    `${lost} is back, and ${back.toFixed(0)} s later everything runs, in its zone`,
    crowded([...rehearsal.kafka, ...rehearsal.databases], pods),
  );
};

const folder = mkdtempSync(join(tmpdir(), 'idempo-rehearsal-'));
const rehearsal = await Rehearsal.render();
await rehearsal.remove();
const kubelets = await Kubelets.create(folder);
const pods = await Pods.watch();
try {
  await addNodes();
  for (const zone of zones) kubelets.start(zone);
  await rehearsal.create();
  await rehearsal.settled(pods, 60);
  await rehearsal.jobsDone(pods);
  await rehearsal.choosePrimaries();
  checkSpace(rehearsal, 'min', pods);
  checkPlaces(rehearsal, pods);
  checkRedis(rehearsal, pods);
  await drainEachZone(rehearsal, pods);
  await loseZone(rehearsal, kubelets, pods);
  await apply(rehearsal.scaled('max'));
  await rehearsal.settled(pods, 60);
  checkSpace(rehearsal, 'max', pods);
  checkPlaces(rehearsal, pods);
} catch (error) {
  for (const { name, node, unschedulable, ready, done } of pods.all)
    if (!ready && !done) console.error(`${name} on ${node ?? 'no node'} is not ready: ${unschedulable ?? ''}`);
  throw error;
} finally {
  pods.close();
  await rehearsal.remove();
  await kubelets.close();
  rmSync(folder, { recursive: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
