import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from './bundle.ts';
import { locate, locateRedis, need } from './locate.ts';
import { freePortWithBus } from './ports.ts';
import { ManagedProcess } from './process.ts';
import { answersPing } from './redis.ts';

const slots = 16_384;

export interface RedisNode {
  name: string;
  port: number;
  shard: number;
  process: ManagedProcess;
}

/** A real Redis Cluster on this machine, put together and kept together by the same script as in the chart. */
export class RedisCluster {
  readonly nodes: RedisNode[];
  private readonly keepers: ManagedProcess[];

  constructor(nodes: RedisNode[], keepers: ManagedProcess[]) {
    this.nodes = nodes;
    this.keepers = keepers;
  }

  /** For REDIS_NODES. */
  get addresses(): string {
    return this.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',');
  }

  /** What redis-cli answers at a node. */
  ask(node: RedisNode, ...command: string[]): string {
    return execFileSync(need(locate('redis-cli'), 'redis-cli'), ['-p', String(node.port), ...command], {
      encoding: 'utf8',
      timeout: 5000,
    });
  }

  /** The nodes that have slots and are there, by what a node that is there says. */
  primaries(): RedisNode[] {
    const running = this.nodes.filter(({ process }) => process.pid !== undefined);
    const witness = running[0];
    if (!witness) return [];
    return this.ask(witness, 'cluster', 'nodes')
      .split('\n')
      .flatMap((line) => {
        const [, address = '', flags = ''] = line.split(' ');
        const port = Number(/:(\d+)@/.exec(address)?.[1]);
        const owns = /master/.test(flags) && !/fail|noaddr/.test(flags) && line.split(' ').length > 8;
        return owns ? running.filter((node) => node.port === port) : [];
      });
  }

  /** Whether every node that runs knows all slots served, each shard has one primary, and the others of it follow that. */
  whole(): boolean {
    const running = this.nodes.filter(({ process }) => process.pid !== undefined);
    const primaries = this.primaries();
    const shards = new Set(primaries.map(({ shard }) => shard)).size;
    return (
      primaries.length === shards &&
      shards === new Set(this.nodes.map(({ shard }) => shard)).size &&
      running.every((node) => {
        const info = this.ask(node, 'cluster', 'info');
        // One that has no slots and follows nobody yet is a primary too.
        const inPlace = primaries.includes(node) ? 'role:master' : 'master_link_status:up';
        return (
          info.includes('cluster_state:ok') &&
          info.includes(`cluster_slots_ok:${slots}`) &&
          info.includes(`cluster_known_nodes:${this.nodes.length}\r`) &&
          this.ask(node, 'info', 'replication').includes(inPlace)
        );
      })
    );
  }

  async untilWhole(withinMs = 60_000): Promise<void> {
    for (const deadline = Date.now() + withinMs; !this.whole();) {
      if (Date.now() > deadline) throw new Error(`the cluster is not whole:\n${this.describe()}`);
      await sleep(100);
    }
  }

  describe(): string {
    return this.nodes
      .filter(({ process }) => process.pid !== undefined)
      .map((node) => `${node.name}\n${this.ask(node, 'cluster', 'nodes')}`)
      .join('\n');
  }

  async stop(): Promise<void> {
    await Promise.all(this.keepers.map((each) => each.stop()));
    await Promise.all(this.nodes.map(({ process }) => process.stop()));
  }
}

/** A node: in memory alone, so that it comes back as another one after `stop` or `kill`. */
const nodeProcess = (folders: { logs: string; run: string }, name: string, port: number): ManagedProcess => {
  const folder = join(folders.run, name);
  mkdirSync(folder, { recursive: true });
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    'cluster-enabled': 'yes',
    'cluster-node-timeout': '2000',
    'cluster-announce-hostname': 'localhost',
    'cluster-preferred-endpoint-type': 'hostname',
    'cluster-require-full-coverage': 'no',
    'cluster-allow-replica-migration': 'no',
    'cluster-replica-validity-factor': '0',
    'repl-diskless-sync-delay': '0',
  };
  const args = Object.entries(settings).flatMap(([key, value]) => [`--${key} '${value}'`]);
  const server = need(locateRedis(), 'Redis (redis-server)');
  return new ManagedProcess({
    name,
    command: 'sh',
    // Without the file it is a new node, as a pod is that comes again.
    args: ['-c', `rm -f '${folder}/nodes.conf'; exec '${server}' ${args.join(' ')}`],
    logFile: join(folders.logs, `${name}.log`),
    pidFile: join(folders.run, `${name}.pid`),
    ready: () => answersPing(port),
    readyWithinMs: 30_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 5000,
  });
};

/** Starts so many shards of a primary with so many replicas, and waits until they are one cluster. */
export const startRedisCluster = async (
  folders: { logs: string; run: string },
  { shards = 3, replicas = 1 } = {},
): Promise<RedisCluster> => {
  const nodes: RedisNode[] = [];
  for (let index = 0; index < shards * (replicas + 1); index++) {
    const shard = index % shards;
    const name = `redis-${shard}-${Math.floor(index / shards)}`;
    const port = await freePortWithBus();
    nodes.push({ name, port, shard, process: nodeProcess(folders, name, port) });
  }
  await Promise.all(nodes.map(({ process }) => process.start()));
  const address = ({ port }: RedisNode) => `localhost:${port}`;
  const keepers = nodes.map((node) => {
    const [from, to] = [node.shard, node.shard + 1].map((edge) => Math.floor((edge * slots) / shards));
    return new ManagedProcess({
      name: `join-${node.name}`,
      command: 'sh',
      args: [join(root, 'charts/redis/files/join.sh')],
      env: {
        ...process.env,
        SELF: address(node),
        SHARD: nodes
          .filter(({ shard }) => shard === node.shard)
          .map(address)
          .join(' '),
        PEERS: nodes.map(address).join(' '),
        SLOTS: `${from} ${(to ?? 0) - 1}`,
      },
      logFile: join(folders.logs, `join-${node.name}.log`),
      pidFile: join(folders.run, `join-${node.name}.pid`),
      ready: () => Promise.resolve(true),
      readyWithinMs: 5000,
      stopSignal: 'SIGTERM',
      stopWithinMs: 5000,
    });
  });
  await Promise.all(keepers.map((each) => each.start()));
  const cluster = new RedisCluster(nodes, keepers);
  await cluster.untilWhole();
  return cluster;
};
