import { parse } from 'yaml';
import { counts, describe, held, kubectl, run, say, timed } from './lib/smoke/cluster.ts';
import { evictEveryPod } from './lib/smoke/evictions.ts';
import { playAsGuests } from './lib/smoke/front-door.ts';
import { first, loadImages, next } from './lib/smoke/images.ts';
import { uninstallAndReturn } from './lib/smoke/kept.ts';
import { replaceAndLoseNodes } from './lib/smoke/redis-nodes.ts';
import { Release } from './lib/smoke/release.ts';
import { scaleOutAndIn } from './lib/smoke/scaling.ts';
import { expectAccepted } from './lib/smoke/rendering.ts';
import { twoReleases } from './lib/smoke/two-releases.ts';
import { upgradeAndRollBack } from './lib/smoke/upgrade.ts';

/**
 * Tries the chart on the cluster that KUBECONFIG names, a part of it that the argument names. Ends with `N passed, M failed`, and with 1 and what
 * the cluster says when anything is not right.
 */
const namespace = process.env['RELEASE_NAMESPACE'] ?? 'default';
const name = process.env['RELEASE'] ?? 'idempo';
const keep = process.env['KEEP'] !== undefined;

/** Install, test, play, and uninstall; between them, what is given. */
const installed = async (then?: (release: Release) => Promise<void>, values: readonly string[] = []): Promise<void> => {
  const release = new Release(name, namespace, { values });
  try {
    const seconds = await timed(() => release.install(...first));
    held(`helm install --wait took ${seconds.toFixed(0)} s`);
    await release.test();
    held('helm test passes');
    await expectAccepted();
    await playAsGuests(release.namespaces.services);
    await then?.(release);
  } catch (error) {
    await describe(release.namespaces.services);
    throw error;
  } finally {
    if (!keep) await release.uninstall();
  }
};

/** What production goes through: every pod evicted with players online, uninstall that keeps the data, and install again on it. */
const life = async (): Promise<void> => {
  // Of those that all requests come by, two: nothing stands before them that would try again.
  const values = ['--set', 'global.keepData=true,gateway.replicas=2,web.replicas=2'];
  const release = new Release(name, namespace, { values });
  try {
    await release.install(...first);
    await evictEveryPod(release);
    await uninstallAndReturn(release, first);
  } catch (error) {
    await describe(release.namespaces.services);
    throw error;
  } finally {
    if (!keep) {
      await release.upgrade(...first, '--set', 'global.keepData=false');
      await release.uninstall();
    }
  }
};

const parts = new Map([
  ['install', () => installed()],
  ['upgrade', () => installed((release) => upgradeAndRollBack(release, next))],
  ['life', life],
  ['redis', () => installed(replaceAndLoseNodes, ['--set', 'redis.mode=cluster'])],
  ['scaling', () => scaleOutAndIn(name, namespace)],
  ['two-releases', twoReleases],
]);
const [wanted = 'install'] = process.argv.slice(2);
const part = parts.get(wanted);
if (part === undefined) {
  console.error(`smoke: there is no part ${wanted}; there are: ${[...parts.keys()].join(', ')}`);
  process.exit(1);
}
const version = parse(await kubectl('version', '--output', 'yaml')) as { serverVersion: { gitVersion: string } };
say(`Kubernetes ${version.serverVersion.gitVersion}, Helm ${await run('helm', 'version', '--short')}`);
await loadImages();
try {
  await part();
} catch (error) {
  counts.failed += 1;
  console.error(error);
}
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exit(counts.failed === 0 ? 0 : 1);
