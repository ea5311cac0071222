import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const schema = z.object({
  /** PostgreSQL's superuser. */
  postgresPassword: z.string(),
  /** PEM, Ed25519: signs access tokens. */
  jwtPrivateKey: z.string(),
  /** Signs the tokens of live connections. */
  matchTokenSecret: z.string(),
  /** By which the bots sign in. */
  botSecret: z.string(),
  /** Of the console over the dead letter queues. */
  operatorPassword: z.string(),
  /** Signs the sessions of that console. */
  sessionSecret: z.string(),
  /** What the passwords of the database roles are derived from. */
  rolePasswordSeed: z.string(),
  /** The password of all of them, in place of that. */
  rolePassword: z.string().optional(),
});
export type Secrets = z.infer<typeof schema>;

const word = () => randomBytes(24).toString('base64url');

const generate = (): Secrets => ({
  postgresPassword: word(),
  jwtPrivateKey: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  matchTokenSecret: word(),
  botSecret: word(),
  operatorPassword: word(),
  sessionSecret: word(),
  rolePasswordSeed: word(),
});

/** The secrets of a data folder, each made once unless `given`, and readable by their owner alone. */
export const secretsIn = (file: string, given: Partial<Secrets> = {}): Secrets => {
  const kept: unknown = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const secrets = schema.parse({ ...generate(), ...given, ...schema.partial().parse(kept) });
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  return secrets;
};
