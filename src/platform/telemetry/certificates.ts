import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { checkServerIdentity, type DetailedPeerCertificate, type PeerCertificate } from 'node:tls';
import { every } from '../every.ts';
import type { Lifecycle } from '../lifecycle.ts';
import { metrics } from './metrics.ts';

const lookEveryMs = 60 * 60 * 1000;

const tell = (target: string, ends: readonly string[]): void =>
  metrics.certificateExpiry.set({ target }, Math.min(...ends.map((end) => Date.parse(end))) / 1000);

/** When each of a chain ends, from the server's own to the CA that is trusted, which is its own issuer. */
const endsOf = (certificate: PeerCertificate & Partial<DetailedPeerCertificate>): string[] => {
  const { issuerCertificate: issuer, valid_to: end } = certificate;
  return issuer === undefined || issuer.fingerprint256 === certificate.fingerprint256
    ? [end]
    : [end, ...endsOf(issuer)];
};

/**
 * `checkServerIdentity` as TLS has it, which also tells when the first certificate of the chain ends. It is called for each connection
 * whose server is verified.
 */
export const watchedIdentity = (target: 'kafka' | 'database' | 'redis'): typeof checkServerIdentity => {
  return (host, certificate) => {
    tell(target, endsOf(certificate));
    return checkServerIdentity(host, certificate);
  };
};

/** Tells when the first certificate of a PEM file ends, which may be renewed at any time. */
export const watchCertificateFile = (target: string, file: string, lifecycle: Lifecycle): void => {
  every(lookEveryMs, `certificate of ${target}`, lifecycle, async () => {
    const pem = await readFile(file, 'utf8');
    const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    if (blocks.length === 0) throw new Error(`${file} has no certificate`);
    tell(target, blocks.map((block) => new X509Certificate(block).validTo)); // prettier-ignore
  });
};
