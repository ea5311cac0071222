import { createHash } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { Pool } from 'undici';
import { every } from '../../platform/every.ts';
import type { Lifecycle } from '../../platform/lifecycle.ts';
import { logger } from '../../platform/telemetry/logger.ts';
import { hashText, prefer } from './rendezvous.ts';

/** Where the replicas of a service are: fixed, or behind a name whose A records are the replicas. */
export type EndpointSource =
  { kind: 'list'; addresses: readonly Address[] } | { kind: 'dns'; host: string; port: number };

export interface Address {
  host: string;
  port: number;
}

/** One replica. */
export interface Endpoint extends Address {
  /** What the ids of its connections may begin with. */
  id: string;
  pool: Pool;
  seed: number;
  /** Not asked before this moment, in milliseconds since the epoch, as it did not let us connect. */
  downUntil: number;
}

/** Tells a replica which it is, so that what it gives out can lead back to it. */
export const endpointHeader = ({ host, port }: Address) => ({ 'x-idempo-endpoint': `${host}:${port}` });

/** The sticky key that prefers the replica with this id. */
export const replicaKey = (id: string): string => `replica/${id}`;

const resolveEveryMs = 1000;
const downMs = 1000;

/** `dns://name:port`, or `http://host:port,http://host:port`; null for anything else. */
export const parseEndpoints = (text: string): EndpointSource | null => {
  const urls = text.split(',').map((item) => URL.parse(item.trim()));
  const addresses: Address[] = [];
  for (const url of urls) {
    if (!url || url.port === '' || !['', '/'].includes(url.pathname)) return null;
    if (url.protocol === 'dns:' && urls.length === 1)
      return { kind: 'dns', host: url.hostname, port: Number(url.port) };
    if (url.protocol !== 'http:') return null;
    addresses.push({ host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port) });
  }
  return { kind: 'list', addresses };
};

/** All A records of a name; of one with both kinds only IPv4, so that no replica is there twice. */
const resolve = async (host: string): Promise<string[]> => {
  const records = await lookup(host, { all: true });
  const v4 = records.filter(({ family }) => family === 4);
  return (v4.length > 0 ? v4 : records).map(({ address }) => address);
};

/** The replicas of one service, as they come and go, each with its connections. */
export class Endpoints {
  private readonly all = new Map<string, Endpoint>();
  private current: readonly Endpoint[] = [];

  constructor(addresses: readonly Address[] = []) {
    this.update(addresses);
  }

  /** Opens the source, and follows its name until the process drains. A name that can't be resolved changes nothing. */
  static async open(source: EndpointSource, lifecycle: Lifecycle, resolveHost = resolve): Promise<Endpoints> {
    const endpoints = new Endpoints(source.kind === 'list' ? source.addresses : []);
    lifecycle.onStop('endpoints', () => endpoints.close());
    if (source.kind === 'list') return endpoints;
    const { host, port } = source;
    let resolvable = true;
    const refresh = async () => {
      try {
        const hosts = await resolveHost(host);
        if (!resolvable) logger.info({ host, replicas: hosts.length }, 'the name resolves again');
        resolvable = true;
        endpoints.update(hosts.map((address) => ({ host: address, port })));
      } catch (error) {
        // While a service has no replica its name has no records; those known so far may come back.
        if (resolvable) logger.warn({ host, err: error }, 'the name does not resolve');
        resolvable = false;
      }
    };
    await refresh();
    every(resolveEveryMs, 'name resolution', lifecycle, refresh);
    return endpoints;
  }

  get size(): number {
    return this.current.length;
  }

  /**
   * The replica to ask: the one that the key prefers, or without a key any. One that was tried, or does not let us
   * connect, is asked only when there is no other; undefined when there is none at all.
   */
  choose(key: string | undefined, tried?: ReadonlySet<Endpoint>): Endpoint | undefined {
    const hash = key === undefined ? Math.floor(Math.random() * 2 ** 32) : hashText(key);
    const now = Date.now();
    const named = this.current.find(({ id }) => key === replicaKey(id));
    if (named && named.downUntil <= now && tried?.has(named) !== true) return named;
    const fresh = this.current.filter((endpoint) => endpoint.downUntil <= now && !tried?.has(endpoint));
    if (fresh.length > 0) return prefer(hash, fresh);
    const untried = this.current.filter((endpoint) => !tried?.has(endpoint));
    return prefer(hash, untried.length > 0 ? untried : this.current);
  }

  /** Said by who could not connect. */
  markDown(endpoint: Endpoint): void {
    endpoint.downUntil = Date.now() + downMs;
  }

  private update(addresses: readonly Address[]): void {
    const next = new Map(addresses.map((address) => [originOf(address), address]));
    for (const [origin, endpoint] of this.all) {
      if (next.has(origin)) continue;
      this.all.delete(origin);
      // Finishes what it has in hand.
      void endpoint.pool.close();
    }
    for (const [origin, address] of next) {
      if (!this.all.has(origin)) this.all.set(origin, connect(origin, address));
    }
    this.current = [...this.all.values()];
  }

  private async close(): Promise<void> {
    await Promise.all(this.current.map(({ pool }) => pool.close()));
  }
}

const originOf = ({ host, port }: Address): string => `http://${isIPv6(host) ? `[${host}]` : host}:${port}`;

const connect = (origin: string, { host, port }: Address): Endpoint => ({
  host,
  port,
  id: createHash('sha256').update(`${host}:${port}`).digest('hex').slice(0, 8),
  seed: hashText(origin),
  downUntil: 0,
  pool: new Pool(origin, {
    // A replica on a lost node does not refuse; it says nothing.
    connect: { timeout: 1000 },
    // Less than how long a service keeps an idle connection, so that it is not closed as we send.
    keepAliveTimeout: 10_000,
    keepAliveMaxTimeout: 25_000,
    // Longer than a service waits for the outcome of an action (5 s).
    headersTimeout: 7000,
    bodyTimeout: 7000,
  }),
});
