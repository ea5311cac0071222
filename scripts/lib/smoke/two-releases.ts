import { globSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { expectNone, held, kubectl, run, say, timed } from './cluster.ts';
import { playAsGuests } from './front-door.ts';
import { first, services } from './images.ts';
import { Release, type Namespaces } from './release.ts';
import { expectMoneyWhole } from './audit.ts';

const operators = [
  { name: 'strimzi', chart: 'strimzi-kafka-operator', set: ['watchAnyNamespace=true'] },
  { name: 'cnpg', chart: 'cloudnative-pg', set: [] },
];

/** The operators as releases of their own, as docs/installing.md says. Their CRDs may be there from another install. */
const installOperators = async (): Promise<void> => {
  for (const { name, chart, set } of operators) {
    const [file = ''] = globSync(`charts/${chart}-[0-9]*.tgz`);
    const values = set.flatMap((each) => ['--set', each]);
    const args = ['--namespace', 'operators', '--create-namespace', '--take-ownership', '--wait', '--timeout', '5m'];
    await run('helm', 'install', name, file, ...args, ...values);
  }
};

/** So small that two fit where one does. */
const small = services.flatMap((service) => [
  '--set',
  `${service}.resources.requests.cpu=10m,${service}.resources.requests.memory=64Mi`,
]);
const stores = [
  'kafka.nodes',
  'kafka.entityOperator',
  'redis',
  ...['game', 'wallet', 'marketplace', 'inventory'].map((key) => `databases.${key}`),
];
const smallStores = stores.flatMap((store) => ['--set', `${store}.resources.requests.cpu=20m`]);
const apart = ['--set', 'operators.strimzi=false,operators.cloudnativePg=false,namespaces.create=false'];

const namespacesOf = (name: string): Namespaces => ({
  services: name,
  kafka: `${name}-kafka`,
  databases: `${name}-databases`,
  monitoring: `${name}-monitoring`,
});
const Manifest = z.object({ kind: z.string(), metadata: z.object({ name: z.string() }) });

/** Kinds of a release's objects that no namespace has. */
const clusterScoped = async ({ name, namespace }: Release): Promise<string[]> => {
  const kinds = await kubectl('api-resources', '--namespaced=false', '--no-headers');
  const global = new Set(kinds.split('\n').map((line) => line.trim().split(/\s+/).at(-1)));
  const manifest = await run('helm', 'get', 'manifest', name, '--namespace', namespace);
  return parseAllDocuments(manifest).flatMap((document) => {
    const object = Manifest.safeParse(document.toJS());
    return object.success && global.has(object.data.kind) ? [`${object.data.kind}/${object.data.metadata.name}`] : [];
  });
};

/** Operators apart; staging and production in one cluster, each with nothing outside of its namespaces; one goes, and the other plays on. */
export const twoReleases = async (): Promise<void> => {
  const releases = ['staging', 'production'].map((name) => {
    const values = [...apart, ...small, ...smallStores];
    return new Release(name, name, { namespaces: namespacesOf(name), values });
  });
  const created = ['operators', ...releases.flatMap(({ namespaces }) => Object.values(namespaces) as string[])];
  try {
    held(`the operators are up in ${(await timed(installOperators)).toFixed(0)} s`);
    for (const release of releases) {
      for (const namespace of Object.values(release.namespaces) as string[])
        await kubectl('create', 'namespace', namespace);
      held(`${release.name}: installed in ${(await timed(() => release.install(...first))).toFixed(0)} s`);
      expectNone(`${release.name}: nothing of it is cluster-scoped`, await clusterScoped(release));
    }
    for (const release of releases) {
      await release.test();
      await playAsGuests(release.namespaces.services);
    }
    const [staging, production] = releases;
    await staging?.uninstall();
    if (!production) return;
    await production.test();
    await playAsGuests(production.namespaces.services);
    await expectMoneyWhole(production.ask);
    held('production plays on without staging');
    await production.uninstall();
  } finally {
    for (const { name, namespace } of releases)
      await run('helm', 'uninstall', name, '--namespace', namespace, '--ignore-not-found', '--timeout', '2m');
    for (const { name } of operators)
      await run('helm', 'uninstall', name, '--namespace', 'operators', '--ignore-not-found');
    await kubectl('delete', 'namespace', ...created, '--ignore-not-found', '--timeout=2m');
    say('the operators and the namespaces are gone');
  }
};
