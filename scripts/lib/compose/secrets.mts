import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

// secrets.mts FILE NAME=KIND …: makes the secrets that the file does not have yet, as lines that `node --env-file` reads.
const [file = '', ...wanted] = process.argv.slice(2);
const make: Record<string, () => string> = {
  word: () => randomBytes(24).toString('base64url'),
  ed25519: () =>
    generateKeyPairSync('ed25519')
      .privateKey.export({ type: 'pkcs8', format: 'pem' })
      .toString()
      .replaceAll('\n', '\\n'),
};
const kept = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
const made = wanted
  .map((each) => each.split('='))
  .filter(([name]) => !kept.some((line) => line.startsWith(`${name}=`)))
  .map(([name, kind = '']) => `${name}="${make[kind]?.() ?? ''}"`);
writeFileSync(file, `${[...kept, ...made].join('\n')}\n`);
