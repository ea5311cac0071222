/**
 * Makes the credentials that do not exist yet, and copies to the operators' namespaces what they read, and from there the certificates that
 * services trust. What exists is never changed, so credentials stay what they are over upgrades; what somebody else changed is copied anew.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { call, persistently, type Secret } from './kubernetes.mts';

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
  /** Where else it is needed, and as what. */
  copy?: { namespace: string; name: string; labels?: Record<string, string> };
}
interface Plan {
  namespace: string;
  create: boolean;
  labels: Record<string, string>;
  credentials: Credential[];
}

const path = (namespace: string, name = '') => `/api/v1/namespaces/${namespace}/secrets${name && `/${name}`}`;
const encode = (text: string) => Buffer.from(text).toString('base64');
const make = {
  password: () => randomBytes(24).toString('base64url'),
  ed25519: () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
};

const read = (namespace: string, name: string) => call<Secret>('GET', path(namespace, name), { expected: [404] });

const put = async (namespace: string, secret: Secret): Promise<void> => {
  // Two Jobs at once: the first one's content counts.
  await call('POST', path(namespace), { body: { apiVersion: 'v1', kind: 'Secret', ...secret }, expected: [409] });
};

/** What is wrong with a credential that the user brought; undefined when nothing is. */
const problem = (credential: Credential, secret: Secret): string | undefined => {
  const { fixed = {}, generate = {}, brought = [] } = credential;
  const data = secret.data ?? {};
  for (const key of [...Object.keys(fixed), ...Object.keys(generate), ...brought])
    if (data[key] === undefined) return `Secret ${credential.name} lacks the key ${key}`;
  for (const [key, value] of Object.entries(credential.fixed ?? {}))
    if (data[key] !== encode(value)) return `Secret ${credential.name}: ${key} must be ${value}`;
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

const copy = async (plan: Plan, { type, brought, copy: target }: Credential, secret: Secret): Promise<void> => {
  if (target === undefined) return;
  const { namespace, name } = target;
  const { data: whole = {} } = secret;
  const data = brought === undefined ? whole : Object.fromEntries(brought.map((key) => [key, part(whole, key)]));
  const labels = { ...plan.labels, ...target.labels };
  const existing = await read(namespace, name);
  if (existing === undefined) await put(namespace, { metadata: { name, labels }, type, data });
  else if (JSON.stringify(existing.data) === JSON.stringify(data)) return;
  else await call('PATCH', path(namespace, name), { body: { data } });
  console.log(`copied to Secret ${namespace}/${name}`);
};

const plan = JSON.parse(readFileSync(new URL('plan.json', import.meta.url), 'utf8')) as Plan;
// Certificates are renewed at any time; all else is looked at when a release is installed or upgraded.
const certificatesOnly = process.env.CERTIFICATES_ONLY === 'true';
let waiting = plan.credentials.filter(({ namespace }) => !certificatesOnly || namespace !== undefined);
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
    await persistently(() => copy(plan, credential, secret));
  }
  if (missing.length === 0) break;
  const names = missing.map(({ namespace = plan.namespace, name }) => `${namespace}/${name}`).join(', ');
  if (second > 600) throw new Error(`Secrets not there after ten minutes: ${names}`);
  if (second % 20 === 0) console.log(`waiting for Secrets: ${names}`);
  waiting = missing;
  await sleep(2000);
}
console.log('all credentials are in place');
