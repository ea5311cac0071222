import { apply, kubectl, type Pod, type Pods } from './cluster.ts';
import {
  type Amount,
  mark,
  type Manifest,
  namespaces,
  renderCloud,
  requestsOf,
  scaledOf,
  storageClass,
  sum,
  type Workload,
  workloadsOf,
} from './manifests.ts';
import { databaseRole, standInsFor } from './stand-ins.ts';
import { volumes } from './zones.ts';

/** What of the rendering says where pods go, beside the workloads themselves. */
const alsoApplied = ['ServiceAccount', 'PodDisruptionBudget', 'PersistentVolumeClaim'];

const claimed = (pod: object) => JSON.stringify(pod).includes('persistentVolumeClaim');

/** The cloud rendering as the cluster gets it, and what is known of its workloads by name. */
export class Rehearsal {
  private readonly objects: Manifest[];
  private readonly workloads: Workload[];
  private readonly ranges: Map<string, { min: number; max: number }>;
  private at: 'min' | 'max' = 'min';

  private constructor(objects: Manifest[]) {
    this.objects = [...objects, ...standInsFor(objects)];
    this.workloads = workloadsOf(this.objects);
    this.ranges = scaledOf(objects);
  }

  static async render(): Promise<Rehearsal> {
    return new Rehearsal(await renderCloud());
  }

  /** Deployments of the platform's own services. */
  get services(): string[] {
    return this.named(({ kind, metadata }) => kind === 'Deployment' && metadata.namespace === namespaces.services);
  }
  /** What has no volume, and so can be anywhere. */
  get free(): string[] {
    return this.named(
      ({ kind, spec }) =>
        kind !== 'Job' && !Array.isArray(spec['volumeClaimTemplates']) && !claimed(spec.template.spec),
    );
  }
  /** Of that, what Kubernetes moves by itself; the operators aside, since their charts are not ours. */
  get moved(): string[] {
    return this.free.filter((name) =>
      this.workloads.some(
        ({ kind, metadata }) =>
          metadata.name === name && kind === 'Deployment' && metadata.namespace !== namespaces.release,
      ),
    );
  }
  get kafka(): string[] {
    return this.withLabel('strimzi.io/pool-name');
  }
  get databases(): string[] {
    return this.withLabel('cnpg.io/podRole');
  }
  get shards(): string[] {
    return this.withLabel('idempo/shard');
  }

  replicas(name: string, at: 'min' | 'max'): number {
    const own = this.workloads.find(({ metadata }) => metadata.name === name)?.spec.replicas;
    return this.ranges.get(name)?.[at] ?? own ?? 1;
  }

  /** What all pods that stay ask for. */
  requests(at: 'min' | 'max'): Amount {
    const staying = this.workloads.filter(({ kind }) => kind !== 'Job');
    return sum(
      staying.map((workload) => {
        const { cpu, memory } = requestsOf(workload);
        const replicas = this.replicas(workload.metadata.name, at);
        return { cpu: cpu * replicas, memory: memory * replicas };
      }),
    );
  }

  /** What is scaled, with the number of pods that the autoscaler would give it. */
  scaled(at: 'min' | 'max'): Manifest[] {
    this.at = at;
    return this.withReplicas(this.workloads.filter(({ metadata }) => this.ranges.has(metadata.name)));
  }

  async create(): Promise<void> {
    const spaces = this.objects.filter(({ kind }) => kind === 'Namespace');
    await apply([...spaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespaces.release } }]);
    const others = this.objects.flatMap(({ metadata, ...object }) =>
      alsoApplied.includes(object.kind)
        ? [{ ...object, metadata: { ...metadata, namespace: metadata.namespace ?? namespaces.release } }]
        : [],
    );
    const claims = others.filter(({ kind }) => kind === 'PersistentVolumeClaim');
    const inSets = this.workloads.map(({ metadata, spec }) => {
      const each = spec['volumeClaimTemplates'];
      return Array.isArray(each) ? each.length * this.replicas(metadata.name, 'max') : 0;
    });
    const count = inSets.reduce((all, each) => all + each, claims.length);
    await apply([...volumes(count), ...others, ...this.withReplicas(this.workloads)]);
  }

  /** Of each database the first server, as in a new cluster. */
  async choosePrimaries(): Promise<void> {
    const { label, primary } = databaseRole;
    const servers = this.databases.map((name) => `${name}-0`);
    await kubectl(
      'label',
      'pods',
      '--namespace',
      namespaces.databases,
      '--overwrite',
      ...servers,
      `${label}=${primary}`,
    );
  }

  /** What CloudNativePG does: a standby that may becomes the primary in place of one that may not. */
  async movePrimaries(pods: Pods, may: (pod: Pod) => boolean): Promise<void> {
    const { label, cluster, primary, replica } = databaseRole;
    for (const pod of pods.all.filter(({ labels }) => labels[label] === primary)) {
      if (may(pod)) continue;
      const next = pods.all.find(
        (each) => each.labels[cluster] === pod.labels[cluster] && each !== pod && each.ready && may(each),
      );
      if (next === undefined) throw new Error(`no standby can take the place of ${pod.name}`);
      await kubectl('label', 'pods', '--namespace', pod.namespace, '--overwrite', pod.name, `${label}=${replica}`);
      await kubectl('label', 'pods', '--namespace', pod.namespace, '--overwrite', next.name, `${label}=${primary}`);
    }
  }

  /** Resolves when the Jobs have done their work. */
  async jobsDone(pods: Pods): Promise<void> {
    const left = (all: Pod[]) =>
      this.named(({ kind }) => kind === 'Job').filter(
        (name) => !all.some(({ workload, done }) => workload === name && done),
      );
    await pods.until(
      (all) => left(all).length === 0,
      60,
      (all) => `not done: ${left(all).join(', ')}`,
    );
  }

  /** Resolves with the seconds until these workloads have all of their pods, and none too many. @throws Error that names what has not. */
  async settled(pods: Pods, seconds: number, names = this.named(({ kind }) => kind !== 'Job')): Promise<number> {
    const unsettled = (all: Pod[]) =>
      names.filter((name) => {
        const own = all.filter(({ workload }) => workload === name);
        return own.filter(({ ready }) => ready).length !== this.replicas(name, this.at);
      });
    return pods.until(
      (all) => unsettled(all).length === 0,
      seconds,
      (all) =>
        unsettled(all)
          .map((name) => {
            const own = all.filter(({ workload, ready }) => workload === name && !ready);
            return `${name} has not all of its pods: ${own.map((pod) => `${pod.name}: ${pod.unschedulable ?? 'not ready'}`).join(', ') || 'missing'}`;
          })
          .join('\n'),
    );
  }

  /** Watches from now on how few pods of what has several serve at any moment. */
  fewest(pods: Pods): { wrong: () => string[] } {
    const quorum = [...this.kafka, ...this.databases];
    const several = [...quorum, ...this.shards, ...this.moved.filter((name) => this.replicas(name, this.at) > 1)];
    const least = new Map<string, number>();
    const stop = pods.onChange(() => {
      for (const name of several) least.set(name, Math.min(least.get(name) ?? Infinity, pods.ready(name).length));
    });
    return {
      wrong: () => {
        stop();
        return several.flatMap((name) => {
          const needed = quorum.includes(name) ? 2 : 1;
          const had = least.get(name) ?? needed;
          return had < needed ? [`${name} had ${had} pods for a moment`] : [];
        });
      },
    };
  }

  /** Takes all of it away, also what a run that was cut off has left. */
  async remove(): Promise<void> {
    const ignore = ['--ignore-not-found', '--wait=false'];
    const spaces = Object.values(namespaces);
    await kubectl('delete', 'namespaces', ...spaces, ...ignore);
    // Where no kubelet is left to say that they ended.
    for (const space of spaces)
      await kubectl(
        'delete',
        'pods',
        '--namespace',
        space,
        '--all',
        '--force',
        '--grace-period=0',
        '--ignore-not-found',
      );
    await kubectl('wait', 'namespaces', ...spaces, '--for=delete', '--timeout=90s');
    await kubectl('delete', 'nodes,persistentvolumes', '--selector', mark, '--ignore-not-found');
    await kubectl('delete', 'storageclass', storageClass, '--ignore-not-found');
  }

  private withReplicas(workloads: Workload[]): Manifest[] {
    return workloads.map((workload) =>
      workload.kind === 'Job'
        ? workload
        : { ...workload, spec: { ...workload.spec, replicas: this.replicas(workload.metadata.name, this.at) } },
    );
  }

  private named(is: (workload: Workload) => boolean): string[] {
    return this.workloads.filter(is).map(({ metadata }) => metadata.name);
  }

  private withLabel(label: string): string[] {
    return this.named(({ spec }) => spec.template.metadata.labels[label] !== undefined);
  }
}
