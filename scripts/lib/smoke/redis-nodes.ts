import { setTimeout as sleep } from 'node:timers/promises';
import { expectNone, kubectl, namesOf, say, timed } from './cluster.ts';
import type { Load } from './load.ts';
import type { Release } from './release.ts';
import { underLoad } from './upgrade.ts';

const selector = ['--selector', 'app.kubernetes.io/name=redis'];
/** As `cluster info` says it when every slot is served. */
const allSlots = 'cluster_slots_ok:16384';

/** The nodes of a Redis Cluster, each by the name of its pod. */
class Nodes {
  private readonly namespace: string;

  constructor(namespace: string) {
    this.namespace = namespace;
  }

  /** What redis-cli answers in a pod. */
  ask(pod: string, ...command: string[]): Promise<string> {
    const signedIn = 'REDISCLI_AUTH=$(cat /secrets/password) exec redis-cli "$@"';
    return this.kubectl('exec', pod, '--container', 'redis', '--', 'sh', '-c', signedIn, 'redis-cli', ...command);
  }

  /** The first that has slots. */
  async primary(): Promise<string> {
    for (const pod of await this.pods()) {
      if ((await this.ask(pod, 'role')).startsWith('master')) return pod;
    }
    throw new Error('no node of Redis is a primary');
  }

  pods(): Promise<string[]> {
    return namesOf('pods', this.namespace, ...selector);
  }

  /** Which pods they are, apart from their names. */
  async uids(): Promise<string[]> {
    return (await this.kubectl('get', 'pods', ...selector, '--output', 'jsonpath={.items[*].metadata.uid}')).split(' ');
  }

  /** Each replaced by a new one, as an upgrade does it. */
  async restart(): Promise<void> {
    await this.kubectl('rollout', 'restart', 'statefulset', ...selector);
    await this.settled();
  }

  /** Gone from one moment to the next, and with it all it held. */
  async lose(pod: string): Promise<void> {
    await this.kubectl('delete', 'pod', pod, '--grace-period=0', '--force');
    await this.settled();
  }

  /** Ends and starts again where it was, without what it held. */
  async crash(pod: string): Promise<void> {
    const restarts = () =>
      this.kubectl('get', 'pod', pod, '--output', 'jsonpath={.status.containerStatuses[0].restartCount}');
    const before = await restarts();
    await this.ask(pod, 'shutdown', 'nosave', 'now', 'force').catch(() => undefined);
    for (const deadline = Date.now() + 60_000; (await restarts()) === before;) {
      if (Date.now() > deadline) throw new Error(`${pod} did not end`);
      await sleep(500);
    }
    await this.settled();
  }

  /** Until all are ready, and know all slots served. */
  private async settled(): Promise<void> {
    for (const shard of await namesOf('statefulsets', this.namespace, ...selector)) {
      await this.kubectl('rollout', 'status', `statefulset/${shard}`, '--timeout=5m');
    }
    for (const deadline = Date.now() + 60_000; !(await this.whole());) {
      if (Date.now() > deadline) throw new Error('the nodes of Redis are no whole cluster');
      await sleep(500);
    }
  }

  private async whole(): Promise<boolean> {
    const told = (await this.pods()).map((pod) => this.ask(pod, 'cluster', 'info').catch(() => ''));
    return (await Promise.all(told)).every((info) => info.includes(allSlots));
  }

  private kubectl(...args: string[]): Promise<string> {
    return kubectl('--namespace', this.namespace, ...args);
  }
}

/** Its nodes are replaced, lost and crash under load. Nobody is to notice: what is in Redis is elsewhere too, or begins anew. */
export const replaceAndLoseNodes = async (release: Release): Promise<void> => {
  const nodes = new Nodes(release.namespaces.databases);
  const during = async (load: Load, what: string, step: () => Promise<void>) => {
    const { requests, failed } = { requests: load.requests, failed: load.failed.length };
    const seconds = await timed(step);
    say(
      `${what}, whole again after ${seconds.toFixed(0)} s; ${load.requests - requests} requests meanwhile, ${load.failed.length - failed} failed`,
    );
  };
  await underLoad(release, async (load) => {
    const before = await nodes.uids();
    await during(load, `${before.length} nodes of Redis replaced`, () => nodes.restart());
    const stayed = (await nodes.uids()).filter((uid) => before.includes(uid));
    expectNone('every node of Redis was replaced', stayed);
    const lost = await nodes.primary();
    await during(load, `the primary ${lost} lost`, () => nodes.lose(lost));
    const crashed = await nodes.primary();
    await during(load, `the primary ${crashed} crashed`, () => nodes.crash(crashed));
  });
};
