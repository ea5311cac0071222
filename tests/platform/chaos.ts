import { setTimeout as sleep } from 'node:timers/promises';
import type { Platform } from '../../scripts/lib/platform.ts';
import type { FaultyNetwork } from '../../scripts/lib/toxiproxy.ts';
import type { Random } from './random.ts';

export type Store = 'kafka' | 'postgres' | 'redis';

/** One thing that goes wrong and is well again when it resolves; it says what it was. */
type Fault = () => Promise<string>;

const stores = ['kafka', 'postgres', 'redis'] as const;

/**
 * Things go wrong, one after the other, drawn from the seed: a service is killed, a store crashes and comes back, the
 * connections to a store are cut or slow. When it resolves, all is well again.
 */
export const chaos = async (
  platform: Platform,
  network: FaultyNetwork<Store>,
  random: Random,
  seconds: number,
): Promise<string[]> => {
  const services = platform.replicas.filter(({ service }) => service !== 'web' && service !== 'bots');
  const between = (least: number, most: number) => Math.round(least + random.next() * (most - least));

  const killService: Fault = async () => {
    const victim = random.pick(services);
    if (!victim) throw new Error('there is no service');
    await victim.process.kill('SIGKILL');
    const away = between(0, 2500);
    await sleep(away);
    await victim.process.start();
    return `${victim.name} killed, away ${away} ms`;
  };
  const crashStore: Fault = async () => {
    const store = random.pick(stores);
    const server = platform.servers[store];
    // To PostgreSQL this is a crash that its children see too.
    await server.kill(store === 'postgres' ? 'SIGQUIT' : 'SIGKILL');
    const away = between(0, 3000);
    await sleep(away);
    await server.start();
    return `${store} crashed, away ${away} ms`;
  };
  const cutPath: Fault = async () => {
    const store = random.pick(stores);
    await network.paths[store].cut();
    const ms = between(300, 3000);
    await sleep(ms);
    await network.paths[store].mend();
    return `${store} unreachable for ${ms} ms`;
  };
  const slowPath: Fault = async () => {
    const store = random.pick(stores);
    const late = between(50, 2500);
    await network.paths[store].slow(late);
    const ms = between(2000, 5000);
    await sleep(ms);
    await network.paths[store].mend();
    return `${store} late by ${late} ms for ${ms} ms`;
  };

  const happened: string[] = [];
  const until = Date.now() + seconds * 1000;
  while (Date.now() < until) {
    const fault = random.pick([killService, killService, killService, crashStore, cutPath, slowPath] as const);
    happened.push(await fault());
    await sleep(between(300, 2000));
  }
  return happened;
};
