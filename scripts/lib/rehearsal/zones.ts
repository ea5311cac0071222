import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kubectl, apply } from './cluster.ts';
import { type Amount, type Manifest, mark, storageClass } from './manifests.ts';

export const zones = ['rehearsal-a', 'rehearsal-b', 'rehearsal-c'] as const;
export type Zone = (typeof zones)[number];

/**
 * What pods get of a node of 4 CPUs and 16 GiB: what an m6i.xlarge on EKS and an e2-standard-4 on GKE both leave of it, and the pods that
 * the addresses of the first are enough for.
 */
export const nodeSize: Amount & { pods: number } = { cpu: 3.92, memory: 13, pods: 58 };

export const zoneOf = (node: string | undefined): Zone | undefined => zones.find((zone) => node?.startsWith(zone));
export const nodeName = (zone: Zone, index: number) => `${zone}-${index}`;

/** Nothing but pods of the rehearsal comes onto it. */
const node = (zone: Zone, index: number): Manifest => {
  const { cpu, memory, pods } = nodeSize;
  const amounts = { cpu: String(cpu), memory: `${memory}Gi`, pods: String(pods) };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: nodeName(zone, index),
      labels: {
        [mark]: 'node',
        'kubernetes.io/hostname': nodeName(zone, index),
        'kubernetes.io/os': 'linux',
        'topology.kubernetes.io/zone': zone,
      },
      annotations: { 'kwok.x-k8s.io/node': 'fake' },
    },
    spec: { taints: [{ key: mark, value: 'node', effect: 'NoSchedule' }] },
    status: { allocatable: amounts, capacity: amounts },
  };
};

/** Of each zone three. */
export const addNodes = (): Promise<void> =>
  apply(zones.flatMap((zone) => [0, 1, 2].map((index) => node(zone, index))));

/** Volumes that are in one zone, as a cloud's disks are: in each as many as there are claims, bound where the pod goes first. */
export const volumes = (claims: number): Manifest[] => [
  {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: storageClass },
    provisioner: 'kubernetes.io/no-provisioner',
    volumeBindingMode: 'WaitForFirstConsumer',
  },
  ...zones.flatMap((zone) =>
    Array.from({ length: claims }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: `${zone}-${index}`, labels: { [mark]: 'volume' } },
      spec: {
        storageClassName: storageClass,
        capacity: { storage: '1Ti' },
        accessModes: ['ReadWriteOnce'],
        persistentVolumeReclaimPolicy: 'Retain',
        local: { path: '/nowhere' },
        nodeAffinity: {
          required: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: 'topology.kubernetes.io/zone', operator: 'In', values: [zone] }] },
            ],
          },
        },
      },
    })),
  ),
];

/** kwok, one for each zone: it is the kubelet of all nodes there. Without it they say nothing more, as when the zone is gone. */
export class Kubelets {
  private readonly running = new Map<Zone, ChildProcess>();
  private readonly kubeconfig: string;

  private constructor(kubeconfig: string) {
    this.kubeconfig = kubeconfig;
  }

  static async create(folder: string): Promise<Kubelets> {
    const file = `${folder}/kubeconfig`;
    writeFileSync(file, await kubectl('config', 'view', '--minify', '--flatten'), { mode: 0o600 });
    return new Kubelets(file);
  }

  start(zone: Zone): void {
    const args = [
      '--kubeconfig',
      this.kubeconfig,
      '--config',
      join(import.meta.dirname, 'kubelet.yaml'),
      '--manage-all-nodes=false',
      `--manage-nodes-with-label-selector=topology.kubernetes.io/zone=${zone}`,
      '--node-lease-duration-seconds=40',
      '--v=ERROR',
    ];
    const child = spawn('kwok', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    // Of interest only when it ends: pods that are gone before it has said so are errors to it.
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
    child.on('exit', () => {
      if (this.running.get(zone) === child) console.error(`kwok of ${zone} ended: ${said}`);
    });
    this.running.set(zone, child);
  }

  /** At once, as by a power failure. */
  async stop(zone: Zone): Promise<void> {
    const child = this.running.get(zone);
    this.running.delete(zone);
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async close(): Promise<void> {
    for (const zone of this.running.keys()) await this.stop(zone);
    rmSync(this.kubeconfig);
  }
}
