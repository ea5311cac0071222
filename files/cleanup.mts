/**
 * Removes what is not to outlive the release, while the operators are alive to do it: Helm would take them away first, and a topic, say,
 * waits for its operator before it goes. Ends in time whatever happens; what then is left is named.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { call, persistently, type KubernetesObject } from './kubernetes.mts';

/** Steps one after the other; each removes the objects of some collections and waits until they are gone, or forces them. */
interface Plan {
  steps: { collections: { path: string; selector: string }[]; seconds: number; force?: boolean }[];
}

const list = async ({ path, selector }: { path: string; selector: string }): Promise<{ path: string }[]> => {
  const query = `${path}?labelSelector=${encodeURIComponent(selector)}`;
  // 404: the cluster has no such kind (any more).
  const answer = await persistently(() => call<{ items: KubernetesObject[] }>('GET', query, { expected: [404] }));
  return (answer?.items ?? []).map((object) => ({ path: `${path}/${object.metadata.name}` }));
};

const plan = JSON.parse(readFileSync(new URL('plan.json', import.meta.url), 'utf8')) as Plan;
for (const { collections, seconds, force } of plan.steps) {
  const all = async () => (await Promise.all(collections.map(list))).flat();
  for (const { path } of await all()) {
    await persistently(() => call('DELETE', path, { body: { propagationPolicy: 'Background' }, expected: [404] }));
    console.log(`removes ${path}`);
  }
  let left = await all();
  for (let second = 0; left.length > 0 && second < seconds; second++) {
    await sleep(1000);
    left = await all();
  }
  for (const { path } of left) {
    console.log(`${path} did not go in ${String(seconds)} s${force ? ': its finalizer is taken off' : ''}`);
    if (!force) continue;
    await persistently(() => call('PATCH', path, { body: { metadata: { finalizers: null } }, expected: [404] }));
  }
}
console.log('done');
