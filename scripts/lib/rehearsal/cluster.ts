import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { execa } from 'execa';
import { z } from 'zod';
import { type Manifest, mark } from './manifests.ts';

export const kubectl = async (...args: string[]): Promise<string> => (await execa('kubectl', args)).stdout;

/** Creates or changes objects. @throws Error with what the API server says when it refuses one. */
export const apply = async (objects: Manifest[]): Promise<void> => {
  const input = objects.map((object) => JSON.stringify(object)).join('\n---\n');
  await execa('kubectl', ['apply', '--server-side', '--force-conflicts', '--filename', '-'], { input });
};

const pod = z.object({
  metadata: z.object({
    uid: z.string(),
    name: z.string(),
    namespace: z.string(),
    labels: z.record(z.string(), z.string()),
    deletionTimestamp: z.string().optional(),
  }),
  spec: z.object({
    nodeName: z.string().optional(),
    volumes: z.array(z.object({ persistentVolumeClaim: z.unknown().optional() })).default([]),
  }),
  status: z.object({
    phase: z.string(),
    conditions: z.array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() })).default([]),
  }),
});
const change = z.object({ type: z.enum(['ADDED', 'MODIFIED', 'DELETED']), object: pod });

export interface Pod {
  name: string;
  namespace: string;
  workload: string;
  labels: Record<string, string>;
  node: string | undefined;
  /** Serves, and was not told to stop. */
  ready: boolean;
  /** Was told to stop. */
  leaving: boolean;
  /** A Job's that has done its work. */
  done: boolean;
  /** Has a volume, and so can be only where that is. */
  bound: boolean;
  /** Why no node takes it. */
  unschedulable: string | undefined;
}

const podOf = ({ metadata, spec, status }: z.infer<typeof pod>): Pod => {
  const condition = (type: string) => status.conditions.find((each) => each.type === type);
  const scheduled = condition('PodScheduled');
  const leaving = metadata.deletionTimestamp !== undefined;
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    workload: metadata.labels[mark] ?? '',
    labels: metadata.labels,
    node: spec.nodeName,
    ready: condition('Ready')?.status === 'True' && !leaving,
    leaving,
    done: status.phase === 'Succeeded',
    bound: spec.volumes.some(({ persistentVolumeClaim }) => persistentVolumeClaim !== undefined),
    unschedulable: scheduled?.status === 'False' ? (scheduled.message ?? '') : undefined,
  };
};

/** The pods of the rehearsal as they are, told of every change: what was so for a moment only is seen too. */
export class Pods {
  private readonly known = new Map<string, Pod>();
  private readonly proxy: ChildProcess;
  private readonly listeners = new Set<() => void>();
  private readonly watching = new AbortController();
  /** Why nothing more is heard; checked by whoever waits. */
  private lost: Error | undefined;

  private constructor(proxy: ChildProcess) {
    this.proxy = proxy;
  }

  static async watch(): Promise<Pods> {
    const proxy = spawn('kubectl', ['proxy', '--port=0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const pods = new Pods(proxy);
    const lines = createInterface(proxy.stdout);
    const [line] = (await Promise.race([
      once(lines, 'line'),
      once(proxy, 'exit').then(() => Promise.reject(new Error('kubectl proxy ended'))),
    ])) as [string];
    const address = /127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (address === undefined) throw new Error(`kubectl proxy says: ${line}`);
    const query = `watch=true&labelSelector=${encodeURIComponent(mark)}`;
    const { body } = await fetch(`http://${address}/api/v1/pods?${query}`, { signal: pods.watching.signal });
    if (body === null) throw new Error('the API server answers the watch of the pods with nothing');
    void pods.follow(Readable.fromWeb(body)).catch((error: unknown) => {
      pods.lost = error instanceof Error ? error : new Error(String(error));
      pods.tell();
    });
    return pods;
  }

  get all(): Pod[] {
    return [...this.known.values()];
  }

  /** Of a workload, that serve. */
  ready(workload: string): Pod[] {
    return this.all.filter((each) => each.workload === workload && each.ready);
  }

  /** Calls back at every change, until the answer is called. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Resolves with the seconds it took until it is so. @throws Error with what `instead` says when it takes longer than that many. */
  async until(isSo: (pods: Pod[]) => boolean, seconds: number, instead: (pods: Pod[]) => string): Promise<number> {
    const start = performance.now();
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const look = () => {
      if (this.lost) reject(this.lost);
      else if (isSo(this.all)) resolve(undefined);
    };
    const stop = this.onChange(look);
    const timer = setTimeout(() => reject(new Error(`after ${seconds} s ${instead(this.all)}`)), seconds * 1000);
    try {
      look();
      await promise;
      return (performance.now() - start) / 1000;
    } finally {
      clearTimeout(timer);
      stop();
    }
  }

  close(): void {
    this.watching.abort();
    this.proxy.kill();
  }

  private async follow(stream: Readable): Promise<void> {
    let rest = '';
    for await (const chunk of stream.setEncoding('utf8')) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const { type, object } = change.parse(JSON.parse(line));
        if (type === 'DELETED') this.known.delete(object.metadata.uid);
        else this.known.set(object.metadata.uid, podOf(object));
        this.tell();
      }
    }
    throw new Error('the API server ended the watch of the pods');
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
