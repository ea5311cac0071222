import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import esbuild from 'esbuild';
import type { MatchId } from '../../../src/contracts/ids.ts';
import type { MatchResult } from '../../../src/contracts/match.ts';
import type { Acknowledged } from '../../../tests/platform/crowd.ts';
import { root } from '../bundle.ts';
import { kubectl, kubectlWith, say } from './cluster.ts';

/** What players were told, and how it went. */
export interface Report {
  requests: number;
  /** How long requests took. */
  ms: { p50: number; p99: number; most: number };
  acknowledged: Acknowledged[];
  results: [MatchId, MatchResult][];
  cancelled: number;
  /** How often something was sent again, by the reason. */
  repeats: Record<string, number>;
  /** The longest that a player in a match was without its live connection. */
  longestAwayMs: number;
  /** How trades ended, and how often. */
  trades: Record<string, number>;
  trouble: string[];
}
/** Players, and what all of them together do in a second. */
export type LoadSize = Partial<Record<'players' | 'actions' | 'reads', number>>;
/** A line of what the pod says. */
export type Line = { requests: number; actions: number } | { failed: string } | { report: Report };

const name = 'idempo-smoke-load';

const manifest = (image: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 1,
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'load',
        image,
        command: ['node', '-e', 'setInterval(() => {}, 1000)'],
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
  },
});

/**
 * Players in a pod of the cluster, who come in by the front door's Service, which outlives each of its pods: a port-forward would end with the one
 * that it leads to.
 */
export class Load {
  /** Requests that failed. */
  readonly failed: string[] = [];
  requests = 0;
  actions = 0;
  private readonly namespace: string;
  private readonly process: ChildProcessByStdio<Writable, Readable, null>;
  private readonly reported: Promise<Report>;

  private constructor(namespace: string, process: ChildProcessByStdio<Writable, Readable, null>) {
    this.namespace = namespace;
    this.process = process;
    this.reported = new Promise((resolve, reject) => {
      const hear = (line: Line) => {
        if ('report' in line) resolve(line.report);
        else if ('failed' in line) {
          this.failed.push(line.failed);
          say(`FAILED ${line.failed}`);
        } else Object.assign(this, line);
      };
      createInterface({ input: process.stdout }).on('line', (text) => {
        try {
          hear(JSON.parse(text) as Line);
        } catch {
          reject(new Error(`the load broke off in the middle of a line of ${text.length} characters`));
        }
      });
      process.once('close', (code) => reject(new Error(`the load ended with ${String(code)}`)));
    });
    // Whoever stops it is told.
    this.reported.catch(() => undefined);
  }

  /** Starts as many players as make about 50 requests a second, or what `size` says, and waits until they play. `image` has Node. */
  static async start(namespace: string, frontDoor: string, image: string, size: LoadSize = {}): Promise<Load> {
    const { outputFiles } = await esbuild.build({
      absWorkingDir: root,
      entryPoints: ['scripts/lib/smoke/visitors.ts'],
      bundle: true,
      write: false,
      platform: 'node',
      target: 'node24',
      format: 'esm',
      minify: true,
      external: ['bufferutil', 'utf-8-validate'],
      banner: { js: "import{createRequire as r}from'node:module';const require=r(import.meta.url);" },
      logLevel: 'warning',
    });
    await kubectl('delete', 'pod', name, '--namespace', namespace, '--ignore-not-found', '--wait');
    await kubectlWith(JSON.stringify(manifest(image)), 'create', '--namespace', namespace, '--filename', '-');
    await kubectl('wait', '--namespace', namespace, `pod/${name}`, '--for=condition=Ready', '--timeout=1m');
    const inPod = ['exec', '--stdin', '--namespace', namespace, name, '--'];
    await kubectlWith(outputFiles[0]?.text ?? '', ...inPod, 'sh', '-c', 'cat > /tmp/visitors.mjs');
    const seed = Math.floor(Math.random() * 2 ** 31);
    say(`load: seed ${seed}`);
    const sizes = Object.entries(size).flatMap(([what, count]) => [`--${what}`, String(count)]);
    const run = ['node', '/tmp/visitors.mjs', '--url', frontDoor, '--seed', String(seed), ...sizes];
    const load = new Load(namespace, spawn('kubectl', [...inPod, ...run], { stdio: ['pipe', 'pipe', 'inherit'] }));
    while (load.actions === 0) await Promise.race([once(load.process.stdout, 'data'), load.reported]);
    return load;
  }

  /** Ends it when the matches and trades under way have ended. */
  async stop(): Promise<Report> {
    this.process.stdin.end();
    const report = await this.reported;
    await this.remove();
    return report;
  }

  async remove(): Promise<void> {
    this.process.kill();
    await kubectl('delete', 'pod', name, '--namespace', this.namespace, '--ignore-not-found', '--wait=false');
  }
}
