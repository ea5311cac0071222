import type { Session } from '../../../src/contracts/api.ts';
import type { Inventory, Leaderboard, Ledger, Trades, Wallet } from '../../../src/contracts/economy.ts';
import { PlayerClient, type ApiClient } from '../load/client.ts';
import { expectMoneyWhole } from './audit.ts';
import { expectNone, held, kubectl, timed } from './cluster.ts';
import { playAndBuy, withFrontDoor } from './front-door.ts';
import type { Release } from './release.ts';

/** Counted before and after: of each, all have to stay. */
const keptKinds = [
  'kafkas',
  'kafkanodepools',
  'kafkatopics',
  'kafkausers',
  'clusters',
  'persistentvolumeclaims',
  'secrets',
];

/** What a player has, as its pages show it. */
const belongings = async (api: ApiClient, { accessToken: token }: Session): Promise<unknown> => {
  const get = async <T>(path: string): Promise<T> => {
    const { status, body } = await api.call<T>('GET', path, { token });
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
    return body;
  };
  const { entries } = await get<Leaderboard>('/leaderboard/me');
  return {
    wallet: await get<Wallet>('/wallet'),
    inventory: (await get<Inventory>('/inventory')).items,
    ledger: (await get<Ledger>('/wallet/transactions')).items,
    trades: (await get<Trades>('/marketplace/trades')).items,
    scores: entries.map(({ playerId, score }) => ({ playerId, score })),
  };
};

/** Names of what an uninstall keeps, by namespace and kind. */
const keptObjects = async ({ namespaces }: Release): Promise<string[]> => {
  const of = async (namespace: string) => {
    const kinds = keptKinds.map((kind) => (kind === 'clusters' ? 'clusters.postgresql.cnpg.io' : kind)).join(',');
    const names = await kubectl('get', kinds, '--namespace', namespace, '--output', 'name', '--ignore-not-found');
    // What Helm knows of its releases goes with them.
    return names
      .split('\n')
      .flatMap((name) => (name === '' || name.includes('sh.helm') ? [] : [`${namespace}: ${name}`]));
  };
  return (await Promise.all([namespaces.services, namespaces.kafka, namespaces.databases].map(of))).flat();
};

/**
 * Uninstalls a release that keeps its data, looks at what stays, and installs it again on that: players, balances and items of before are
 * there. The release has `global.keepData`.
 */
export const uninstallAndReturn = async (release: Release, images: readonly string[]): Promise<void> => {
  const { services, kafka, databases } = release.namespaces;
  const stamp = Date.now().toString(36);
  const credentials = ['one', 'two'].map((name) => ({
    username: `smoke_${name}_${stamp}`,
    password: `kept-${stamp}-${name}`,
  }));
  const before = await withFrontDoor(services, async (api) => {
    const players = await Promise.all(credentials.map((each) => PlayerClient.register(api, each)));
    const [one, two] = players;
    if (!one || !two) throw new Error('two players');
    await playAndBuy([one, two]);
    await expectMoneyWhole(release.ask);
    return Promise.all(players.map(({ session }) => belongings(api, session)));
  });

  const kept = await keptObjects(release);
  // Brokers and databases run on: they belong to what is kept.
  const goes = /networkpolicy|role|statefulset\.apps\/redis|\/redis/;
  await release.uninstall(
    (name) =>
      /: secret\//.test(name) ||
      (!goes.test(name) && (name.startsWith(`${kafka}: `) || name.startsWith(`${databases}: `))),
  );
  const left = new Set(await keptObjects(release));
  expectNone(
    `helm uninstall kept all of ${kept.length} Kafkas, node pools, topics, users, database clusters, volumes and Secrets`,
    kept.filter((name) => !left.has(name)),
  );

  held(`installed again on what was kept in ${(await timed(() => release.install(...images))).toFixed(0)} s`);
  await release.test();
  const after = await withFrontDoor(services, async (api) => {
    const sessions = await Promise.all(
      credentials.map(async (body) => {
        const answer = await api.call<Session>('POST', '/auth/login', { body });
        if (answer.status !== 200) throw new Error(`signing in again: ${answer.status} ${JSON.stringify(answer.body)}`);
        return answer.body;
      }),
    );
    return Promise.all(sessions.map((session) => belongings(api, session)));
  });
  const differing = credentials.filter((_, index) => JSON.stringify(before[index]) !== JSON.stringify(after[index]));
  expectNone(
    'players sign in again, and have the money, items, trades and scores of before',
    differing.map(({ username }) => username),
  );
  await withFrontDoor(services, async (api) =>
    playAndBuy([await PlayerClient.guest(api), await PlayerClient.guest(api)]),
  );
  await expectMoneyWhole(release.ask);
};
