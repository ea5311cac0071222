/**
 * What happens to a Secret that was changed, so that nobody is refused in between. Whoever reads it has a Secret of its own with two values: the
 * current one, and in `<key>.other` the one before or after it. First the new value becomes the other one everywhere; when all pods have that file,
 * the store is told and the two change places, in any order; then the pods are rolled.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { call, persistently, type Secret } from './kubernetes.mts';
import { announced, expired, same, switched, type Data } from './steps.mts';

/** A workload with a Secret of its own, `<name>-credentials`: a key for each variable, with where its value begins. */
export interface Reader {
  name: string;
  /** A Job: nothing to roll. */
  job?: boolean;
  /** `ours`: checked by the services themselves, and so not good for ever after it was changed. */
  variables: Record<string, { secret: string; key: string; ours?: boolean }>;
}

/** A Secret that is kept what others say, with the Deployment that reads it. */
interface Kept {
  namespace: string;
  name: string;
  deployment?: string;
  wanted: Data;
  /** Whoever reads it takes two values. */
  both: boolean;
  /** Keys whose other value goes an hour after the change. */
  ours: string[];
}
export interface Copied {
  namespace: string;
  name: string;
  both?: boolean;
  rolls?: string;
  data: Data;
}

/** When the content was changed last; on a Deployment's pods, which change they know. */
const rotatedAt = 'idempo/rotated-at';
/** Longer than any token lives that was signed with the value before: matches, access tokens, and the sessions of a page that is open. */
const expiresMs = 60 * 60 * 1000;

export const secretPath = (namespace: string, name = '') =>
  `/api/v1/namespaces/${namespace}/secrets${name && `/${name}`}`;
export const read = (namespace: string, name: string) =>
  persistently(() => call<Secret>('GET', secretPath(namespace, name), { expected: [404] }));
const held = async ({ namespace, name }: Kept): Promise<{ data: Data; changed: string | undefined }> => {
  const secret = await read(namespace, name);
  return { data: secret?.data ?? {}, changed: secret?.metadata.annotations?.[rotatedAt] };
};
const patch = async (kept: Kept, data: Record<string, string | null>, annotations?: Record<string, string>) => {
  if (Object.keys(data).length === 0) return;
  const body = { data, ...(annotations ? { metadata: { annotations } } : {}) };
  await persistently(() => call('PATCH', secretPath(kept.namespace, kept.name), { body }));
};

/** What a reader's Secret is to be; undefined while a Secret behind it is not there. */
export const contentOf = ({ variables }: Reader, sources: ReadonlyMap<string, Data>): Data | undefined => {
  const content: Data = {};
  for (const [variable, { secret, key }] of Object.entries(variables)) {
    const value = sources.get(secret)?.[key];
    if (value === undefined) return undefined;
    content[variable] = value;
  }
  return content;
};

export const keptOf = (namespace: string, readers: Reader[], copies: Copied[], sources: ReadonlyMap<string, Data>) => [
  ...readers.flatMap((reader): Kept[] => {
    const wanted = contentOf(reader, sources);
    if (wanted === undefined) return [];
    const { name, job, variables } = reader;
    const ours = Object.keys(variables).filter((variable) => variables[variable]?.ours);
    return [{ namespace, name: `${name}-credentials`, ...(job ? {} : { deployment: name }), wanted, both: true, ours }];
  }),
  ...copies.map(({ namespace, name, both = false, rolls, data }): Kept => ({
    namespace,
    name,
    ...(rolls === undefined ? {} : { deployment: rolls }),
    wanted: data,
    both,
    ours: [],
  })),
];

/** Those that are not what they are to be. */
const behind = async (all: Kept[]): Promise<Kept[]> => {
  const found: Kept[] = [];
  for (const kept of all) if (!same((await held(kept)).data, kept.wanted)) found.push(kept);
  return found;
};

/** Brings all to what `look` says, while that may change on the way. */
export const rotate = async (look: () => Promise<Kept[]>, waitSeconds: number): Promise<void> => {
  let all = await look();
  for (let late = await behind(all); late.length > 0; late = await behind(all)) {
    console.log(`changed: ${late.map(({ namespace, name }) => `${namespace}/${name}`).join(', ')}`);
    for (const kept of late) if (kept.both) await patch(kept, announced((await held(kept)).data, kept.wanted));
    console.log(`the new values are known; waiting ${String(waitSeconds)} s until every pod has them`);
    await sleep(waitSeconds * 1000);
    const seen = JSON.stringify(all.map(({ wanted }) => wanted));
    all = await look();
    if (JSON.stringify(all.map(({ wanted }) => wanted)) !== seen) continue; // Changed once more: known nowhere yet.
    for (const kept of late) {
      const { data } = await held(kept);
      await patch(kept, switched(data, kept.wanted, kept.both), { [rotatedAt]: new Date().toISOString() });
      console.log(`changed Secret ${kept.namespace}/${kept.name}`);
    }
  }
  for (const kept of all) await settle(kept);
};

/** Rolls the pods that do not know of the last change, and takes away what is good no more. */
const settle = async (kept: Kept): Promise<void> => {
  const { data, changed } = await held(kept);
  if (changed === undefined) return;
  if (Date.now() - Date.parse(changed) > expiresMs) await patch(kept, expired(data, kept.ours));
  if (kept.deployment === undefined) return;
  const path = `/apis/apps/v1/namespaces/${kept.namespace}/deployments/${kept.deployment}`;
  const deployment = await persistently(() => call<Deployment>('GET', path, { expected: [404] }));
  if (deployment === undefined || deployment.spec.template.metadata.annotations?.[rotatedAt] === changed) return;
  const body = { spec: { template: { metadata: { annotations: { [rotatedAt]: changed } } } } };
  await persistently(() => call('PATCH', path, { body }));
  console.log(`rolling ${kept.namespace}/${kept.deployment}`);
};

interface Deployment {
  spec: { template: { metadata: { annotations?: Record<string, string> } } };
}
