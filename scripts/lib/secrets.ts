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
  /** What the passwords of the database roles are derived from. */
  rolePasswordSeed: z.string(),
});
export type Secrets = z.infer<typeof schema>;

const word = () => randomBytes(24).toString('base64url');

const generate = (): Secrets => ({
  postgresPassword: word(),
  jwtPrivateKey: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  matchTokenSecret: word(),
  rolePasswordSeed: word(),
});

/** The secrets of a data folder, made once and readable by their owner alone. */
export const secretsIn = (file: string): Secrets => {
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(generate(), null, 2)}\n`, { mode: 0o600 });
  }
  return schema.parse(JSON.parse(readFileSync(file, 'utf8')));
};
