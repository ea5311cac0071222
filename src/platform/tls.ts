import { readFileSync } from 'node:fs';
import { watchedIdentity } from './telemetry/certificates.ts';

/** TLS to a store, as Node has it. A CA of one's own is read anew for each connection, since it is renewed while the process runs. */
export const tlsTo = (store: 'kafka' | 'redis', caFile: string | undefined) => ({
  checkServerIdentity: watchedIdentity(store),
  get ca() {
    return caFile === undefined ? undefined : readFileSync(caFile, 'utf8');
  },
});
