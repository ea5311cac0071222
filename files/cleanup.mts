/**
 * Removes what is not to outlive the release, while the operators are alive to do it: Helm would take them away first, and a topic, say,
 * waits for its operator before it goes. Ends in time whatever happens; what then is left is named.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { call, persistently, type KubernetesObject } from './kubernetes.mts';

interface Collection {
  path: string;
  selector: string;
  /** Goes by itself, and is only waited for. */
  await?: boolean;
}
/** Steps one after the other; each removes the objects of some collections and waits until they are gone, or forces them. */
interface Plan {
  steps: { collections: Collection[]; seconds: number; force?: boolean }[];
}
interface Found {
  path: string;
  /** Nobody has asked for its removal yet. */
  stays: boolean;
}

const list = async (collection: Collection): Promise<Found[]> => {
  const query = `${collection.path}?labelSelector=${encodeURIComponent(collection.selector)}`;
  // 404: the cluster has no such kind (any more).
  const answer = await persistently(() => call<{ items: KubernetesObject[] }>('GET', query, { expected: [404] }));
  return (answer?.items ?? []).map(({ metadata }) => ({
    path: `${collection.path}/${metadata.name}`,
    stays: collection.await !== true && metadata.deletionTimestamp === undefined,
  }));
};

const plan = JSON.parse(readFileSync(new URL('plan.json', import.meta.url), 'utf8')) as Plan;
for (const { collections, seconds, force } of plan.steps) {
  let left: Found[] = [];
  // Twice nothing in a row: a controller that was in the middle of its work may bring something back once.
  for (let second = 0, nothing = 0; second < seconds && nothing < 2; second++) {
    if (second > 0) await sleep(1000);
    left = (await Promise.all(collections.map(list))).flat();
    nothing = left.length === 0 ? nothing + 1 : 0;
    for (const { path } of left.filter(({ stays }) => stays)) {
      await persistently(() => call('DELETE', path, { body: { propagationPolicy: 'Background' }, expected: [404] }));
      console.log(`removes ${path}`);
    }
  }
  for (const { path } of left) {
    console.log(`${path} did not go in ${String(seconds)} s${force ? ': its finalizer is taken off' : ''}`);
    if (!force) continue;
    await persistently(() => call('PATCH', path, { body: { metadata: { finalizers: null } }, expected: [404] }));
  }
}
console.log('done');
