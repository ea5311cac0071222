import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A CA, and a certificate of localhost that it has signed, as files in a folder that is there. */
export const certificates = (folder: string, name: string): { ca: string; cert: string; key: string } => {
  const at = (file: string) => join(folder, `${name}-${file}`);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const made = (who: string) => [
    ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', at(`${who}.key`)],
    ...['-subj', `/CN=${name} ${who}`, '-days', '30'],
  ];
  openssl('req', '-x509', ...made('ca'), '-out', at('ca.crt'));
  openssl('req', ...made('server'), '-out', at('server.csr'));
  writeFileSync(at('names'), 'subjectAltName=DNS:localhost');
  openssl(
    ...['x509', '-req', '-in', at('server.csr'), '-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial'],
    ...['-days', '30', '-extfile', at('names'), '-out', at('server.crt')],
  );
  chmodSync(at('server.key'), 0o600);
  return { ca: at('ca.crt'), cert: at('server.crt'), key: at('server.key') };
};
