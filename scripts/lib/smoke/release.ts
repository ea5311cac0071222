import { setTimeout as sleep } from 'node:timers/promises';
import type { Ask } from '../money/money.ts';
import { inCluster } from '../money/sources.ts';
import { readValues } from '../values.ts';
import { expectNone, kubectl, run, say, timed } from './cluster.ts';
import { services } from './images.ts';

/** Matches begin when three are there, and are short. */
const rules = { lobbySeconds: 4, matchSeconds: 30, maxPlayers: 3, hp: 60, botsFillTo: 0 };
const wait = ['--wait', '--timeout', '10m'];
/** Every namespace has these by itself. */
const standard = /configmap\/kube-root-ca\.crt|serviceaccount\/default/;

export interface Namespaces {
  services: string;
  kafka: string;
  databases: string;
  monitoring: string;
}

/** One release of the chart. Each step waits until it is done. */
export class Release {
  readonly name: string;
  readonly namespace: string;
  readonly namespaces: Namespaces;
  /** Arguments for helm, the same at each install and upgrade. */
  private readonly values: readonly string[];

  constructor(name: string, namespace: string, options: { namespaces?: Namespaces; values?: readonly string[] } = {}) {
    this.name = name;
    this.namespace = namespace;
    this.namespaces = options.namespaces ?? {
      services: 'idempo',
      kafka: 'kafka',
      databases: 'databases',
      monitoring: 'monitoring',
    };
    this.values = [
      ...['--values', 'values/local.yaml', '--set-json', `game.rules=${JSON.stringify(rules)}`],
      ...['--set-json', `global.namespaces=${JSON.stringify(this.namespaces)}`],
      ...(options.values ?? []),
    ];
  }

  /** Where players come in, in the cluster. */
  get frontDoor(): string {
    return `http://web.${this.namespaces.services}.svc:3001`;
  }

  /** Its databases. */
  get ask(): Ask {
    return inCluster(this.namespaces.databases, readValues());
  }

  async install(...more: readonly string[]): Promise<void> {
    await this.helm('install', '.', '--create-namespace', ...wait, ...this.values, ...more);
  }

  async upgrade(...more: readonly string[]): Promise<void> {
    await this.helm('upgrade', '.', ...wait, ...this.values, ...more);
  }

  /** To the revision before. */
  async rollback(): Promise<void> {
    await this.helm('rollback', ...wait);
  }

  async test(): Promise<void> {
    await this.helm('test');
  }

  /** The names of its services' pods, without those that are on their way out. */
  async pods(): Promise<string[]> {
    const selector = `app.kubernetes.io/instance=${this.name},app.kubernetes.io/component in (${services.join(',')})`;
    const names = '{range .items[*]}{.metadata.name},{.metadata.deletionTimestamp}{"\\n"}{end}';
    const of = ['--namespace', this.namespaces.services, '--selector', selector, '--output', `jsonpath=${names}`];
    const pods = (await kubectl('get', 'pods', ...of)).split('\n').map((line) => line.split(','));
    return pods.flatMap(([name = '', deleted]) => (name !== '' && deleted === '' ? [name] : []));
  }

  /** Uninstalls, and waits for what is not to stay. */
  async uninstall(stays = (_name: string) => false): Promise<void> {
    let uninstalled = 0;
    let left: string[] = [];
    const gone = await timed(async () => {
      const deadline = Date.now() + 120_000;
      uninstalled = await timed(() => this.helm('uninstall', '--timeout', '2m'));
      // Pods may take their grace period to end.
      for (;;) {
        left = (await this.objects()).filter((name) => !stays(name));
        if (left.length === 0 || Date.now() > deadline) return;
        await sleep(1000);
      }
    });
    const took = `helm uninstall took ${uninstalled.toFixed(0)} s`;
    expectNone(`${took}, and after ${gone.toFixed(0)} s nothing was left that was not meant to stay`, left);
  }

  /** Everything in the cluster that came with the release: all but namespaces and CRDs. */
  async objects(): Promise<string[]> {
    const kinds =
      'pods,services,deployments,statefulsets,jobs,cronjobs,persistentvolumeclaims,configmaps,secrets,serviceaccounts,roles,rolebindings,networkpolicies,poddisruptionbudgets';
    const custom =
      'kafkas.kafka.strimzi.io,kafkanodepools.kafka.strimzi.io,kafkatopics.kafka.strimzi.io,kafkausers.kafka.strimzi.io,clusters.postgresql.cnpg.io';
    const inNamespaces = await Promise.all(
      Object.values(this.namespaces).map(async (each: string) => {
        const names = await kubectl(
          'get',
          `${kinds},${custom}`,
          '--namespace',
          each,
          '--output',
          'name',
          '--ignore-not-found',
        );
        return names.split('\n').flatMap((name) => (name === '' || standard.test(name) ? [] : [`${each}: ${name}`]));
      }),
    );
    const clusterScoped =
      'clusterroles,clusterrolebindings,mutatingwebhookconfigurations,validatingwebhookconfigurations,persistentvolumes';
    const selector = [
      '--selector',
      `app.kubernetes.io/instance=${this.name}`,
      '--output',
      'name',
      '--ignore-not-found',
    ];
    const names = await kubectl('get', clusterScoped, ...selector);
    return [...inNamespaces.flat(), ...names.split('\n').filter((name) => name !== '')];
  }

  private async helm(command: string, ...args: readonly string[]): Promise<void> {
    const said = await run('helm', command, this.name, ...args, '--namespace', this.namespace);
    if (command === 'uninstall' && said !== '') say(said.replaceAll('\n', '\n  '));
  }
}
