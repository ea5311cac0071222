/**
 * Makes the credentials that do not exist yet, gives each workload a Secret with what it reads, and copies to the operators' namespaces what they
 * read, and from there the certificates that services trust. What exists is never changed, so credentials stay what they are over upgrades; what
 * somebody else changed is handed on (rotation.mts). Runs at each install and upgrade, and from time to time.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { call, persistently, type Secret } from './kubernetes.mts';
import { contentOf, keptOf, read, rotate, secretPath, type Copied, type Reader } from './rotation.mts';
import type { Data } from './steps.mts';

interface Credential {
  name: string;
  /** Where it begins: the namespace of the plan when absent. */
  namespace?: string;
  type: string;
  /** Values that are known. */
  fixed?: Record<string, string>;
  /** Values to make up: a password, or a key that signs. */
  generate?: Record<string, 'password' | 'ed25519'>;
  /** Keys that only somebody else can bring, an operator or the user. They alone are copied. */
  brought?: string[];
  /** Where else it is needed, and as what; who reads it there takes `both` values while it changes, or is a Deployment that is to be rolled. */
  copy?: { namespace: string; name: string; labels?: Record<string, string>; both?: boolean; rolls?: string };
}
interface Plan {
  namespace: string;
  create: boolean;
  labels: Record<string, string>;
  /** How long a file takes to reach a running pod. */
  waitSeconds: number;
  credentials: Credential[];
  readers: Reader[];
}

const encode = (text: string) => Buffer.from(text).toString('base64');
const make = {
  password: () => randomBytes(24).toString('base64url'),
  ed25519: () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
};

const put = async (namespace: string, secret: Secret): Promise<void> => {
  // Two Jobs at once: the first one's content counts.
  await call('POST', secretPath(namespace), { body: { apiVersion: 'v1', kind: 'Secret', ...secret }, expected: [409] });
};

/** What is wrong with a credential that the user brought; undefined when nothing is. */
const problem = (credential: Credential, secret: Secret): string | undefined => {
  const { fixed = {}, generate = {}, brought = [] } = credential;
  const data = secret.data ?? {};
  for (const key of [...Object.keys(fixed), ...Object.keys(generate), ...brought])
    if (data[key] === undefined) return `Secret ${credential.name} lacks the key ${key}`;
  for (const [key, value] of Object.entries(credential.fixed ?? {}))
    if (data[key] !== encode(value)) return `Secret ${credential.name}: ${key} must be ${value}`;
  for (const [key, kind] of Object.entries(generate))
    if (kind === 'password' && /[\r\n]$/.test(Buffer.from(data[key] ?? '', 'base64').toString()))
      return `Secret ${credential.name}: ${key} ends with a line end; make it without (echo -n, --from-literal)`;
  return undefined;
};

const ensure = async (plan: Plan, credential: Credential): Promise<Secret | undefined> => {
  const existing = await read(credential.namespace ?? plan.namespace, credential.name);
  if (existing !== undefined || !plan.create || credential.brought !== undefined) return existing;
  const content = new Map(Object.entries(credential.fixed ?? {}));
  for (const [key, kind] of Object.entries(credential.generate ?? {})) content.set(key, make[kind]());
  const data = Object.fromEntries([...content].map(([key, value]) => [key, encode(value)] as const));
  const { name, type } = credential;
  await put(plan.namespace, { metadata: { name, labels: plan.labels }, type, data });
  console.log(`made Secret ${plan.namespace}/${name}`);
  return read(plan.namespace, name);
};

/** One key of a Secret. While the key of an authority is being replaced it has several certificates, and all are to be trusted. */
const part = (data: Record<string, string>, key: string): string => {
  if (key !== 'ca.crt') return data[key] ?? '';
  const names = Object.keys(data).filter((name) => name.endsWith('.crt'));
  const certificates = names.toSorted().map((name) =>
    Buffer.from(data[name] ?? '', 'base64')
      .toString()
      .trim(),
  );
  return encode(`${certificates.join('\n')}\n`);
};

/** What is copied of a credential. */
const dataOf = ({ brought }: Credential, { data = {} }: Secret): Data =>
  brought === undefined ? data : Object.fromEntries(brought.map((key) => [key, part(data, key)]));

/** Makes the copy that is not there. A certificate replaces one that is: to trust it, nobody else has to know of it first. */
const copy = async (plan: Plan, credential: Credential, secret: Secret): Promise<void> => {
  const { type, namespace: begins, copy: target } = credential;
  if (target === undefined) return;
  const { namespace, name } = target;
  const data = dataOf(credential, secret);
  const existing = await read(namespace, name);
  if (existing === undefined) {
    await put(namespace, { metadata: { name, labels: { ...plan.labels, ...target.labels } }, type, data });
  } else {
    if (begins === undefined || JSON.stringify(existing.data) === JSON.stringify(data)) return;
    await call('PATCH', secretPath(namespace, name), { body: { data } });
  }
  console.log(`copied to Secret ${namespace}/${name}`);
};

/** The Secrets of workloads that are not there yet, as far as all that is in them is. */
const provide = async (plan: Plan, sources: ReadonlyMap<string, Data>): Promise<void> => {
  for (const reader of plan.readers) {
    const data = contentOf(reader, sources);
    const name = `${reader.name}-credentials`;
    if (data === undefined || provided.has(name)) continue;
    if ((await read(plan.namespace, name)) === undefined) {
      await persistently(() => put(plan.namespace, { metadata: { name, labels: plan.labels }, type: 'Opaque', data }));
      console.log(`made Secret ${plan.namespace}/${name}`);
    }
    provided.add(name);
  }
};

const plan = JSON.parse(readFileSync(new URL('plan.json', import.meta.url), 'utf8')) as Plan;
const provided = new Set<string>();
/** What begins here. */
const ours = plan.credentials.filter(({ namespace }) => namespace === undefined);
const sources = new Map<string, Data>();
let waiting = plan.credentials;
for (let second = 0; ; second += 2) {
  const missing: Credential[] = [];
  for (const credential of waiting) {
    const secret = await persistently(() => ensure(plan, credential));
    if (secret === undefined) {
      missing.push(credential);
      continue;
    }
    const wrong = problem(credential, secret);
    if (wrong !== undefined) throw new Error(wrong);
    if (credential.namespace === undefined) sources.set(credential.name, dataOf(credential, secret));
    await persistently(() => copy(plan, credential, secret));
  }
  await provide(plan, sources);
  if (missing.length === 0) break;
  const names = missing.map(({ namespace = plan.namespace, name }) => `${namespace}/${name}`).join(', ');
  if (second > 600) throw new Error(`Secrets not there after ten minutes: ${names}`);
  if (second % 20 === 0) console.log(`waiting for Secrets: ${names}`);
  waiting = missing;
  await sleep(2000);
}
console.log('all credentials are in place');

await rotate(async () => {
  for (const credential of ours) {
    const secret = await read(plan.namespace, credential.name);
    const wrong = secret === undefined ? `Secret ${credential.name} is gone` : problem(credential, secret);
    if (secret === undefined || wrong !== undefined) throw new Error(wrong);
    sources.set(credential.name, dataOf(credential, secret));
  }
  const copies = ours.flatMap(({ name, copy: target }): Copied[] =>
    target === undefined ? [] : [{ ...target, data: sources.get(name) ?? {} }],
  );
  return keptOf(plan.namespace, plan.readers, copies, sources);
}, plan.waitSeconds);
