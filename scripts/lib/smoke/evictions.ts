import { setTimeout as sleep } from 'node:timers/promises';
import { expectNone, kubectl, kubectlWith, namesOf, say, timed } from './cluster.ts';
import type { Release } from './release.ts';
import { underLoad } from './upgrade.ts';

const evict = async (namespace: string, pod: string): Promise<void> => {
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod, namespace } };
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/eviction`;
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      await kubectlWith(JSON.stringify(eviction), 'create', '--raw', path, '--filename', '-');
      return;
    } catch (error) {
      // 429: the disruption budget wants another pod first. A drain asks again, too.
      if (Date.now() > deadline) throw error;
      await sleep(1000);
    }
  }
};

/** Every pod of every service is evicted, one after the other, as `kubectl drain` does it, under load. */
export const evictEveryPod = async (release: Release): Promise<void> => {
  const { services } = release.namespaces;
  await underLoad(release, async (load) => {
    for (const deployment of await namesOf('deployments', services)) {
      const failed = load.failed.length;
      const pods = await namesOf('pods', services, '--selector', `app.kubernetes.io/name=${deployment}`);
      const seconds = await timed(async () => {
        for (const pod of pods) {
          await evict(services, pod);
          await kubectl('wait', '--namespace', services, `pod/${pod}`, '--for=delete', '--timeout=2m');
          await kubectl('rollout', 'status', '--namespace', services, `deployment/${deployment}`, '--timeout=2m');
        }
      });
      say(
        `${deployment}: ${pods.length} evicted in ${seconds.toFixed(0)} s, ${load.failed.length - failed} requests failed`,
      );
    }
    const down = await namesOf('pods', services, '--field-selector', 'status.phase!=Running,status.phase!=Succeeded');
    expectNone('every evicted pod has been replaced', down);
  });
};
