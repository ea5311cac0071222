import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Stored = Record<string, Json>;

const isObject = (value: Json | undefined): value is Stored =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** RFC 7386 */
const merge = (target: Json | undefined, patch: Json): Json => {
  if (!isObject(patch)) return patch;
  const merged: Stored = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) merged[key] = value === null ? null : merge(merged[key], value);
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
};

/** The Kubernetes API in memory, as far as the chart's scripts ask it: objects by their path; GET, POST and merge PATCH. */
export class KubernetesApi {
  readonly objects = new Map<string, Stored>();
  /** Called after each write. */
  written: (path: string) => void = () => undefined;
  private readonly server;
  private readonly folder: string;

  /** `folder` takes its certificate, and the account of who asks. */
  constructor(folder: string) {
    this.folder = folder;
    const at = (name: string) => join(folder, name);
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
        ...[
          '-keyout',
          at('tls.key'),
          '-out',
          at('ca.crt'),
          '-subj',
          '/CN=api',
          '-addext',
          'subjectAltName=IP:127.0.0.1',
        ],
      ],
      { stdio: 'ignore' },
    );
    writeFileSync(at('token'), 'the token');
    const options = { key: readFileSync(at('tls.key')), cert: readFileSync(at('ca.crt')) };
    this.server = createServer(options, (request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => (text += chunk.toString()));
      request.on('end', () => {
        const allowed = request.headers.authorization === 'Bearer the token';
        const [status, body] = allowed ? this.answer(request.method ?? '', request.url ?? '', text) : [401, null];
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    });
  }

  /** The environment of a script in its pod. */
  async listen(): Promise<Record<string, string>> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const address = this.server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    return {
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: String(port),
      SERVICE_ACCOUNT: this.folder,
      NODE_EXTRA_CA_CERTS: join(this.folder, 'ca.crt'),
    };
  }

  close(): void {
    this.server.close();
  }

  private answer(method: string, path: string, text: string): [number, Json] {
    const found = this.objects.get(path);
    if (method === 'GET') return found ? [200, found] : [404, null];
    const body = JSON.parse(text) as Stored;
    if (method === 'POST') {
      const { metadata } = body;
      const at = `${path}/${isObject(metadata) ? JSON.stringify(metadata['name']).slice(1, -1) : ''}`;
      if (this.objects.has(at)) return [409, null];
      this.objects.set(at, body);
      this.written(at);
      return [201, body];
    }
    if (!found) return [404, null];
    const merged = merge(found, body) as Stored;
    this.objects.set(path, merged);
    this.written(path);
    return [200, merged];
  }
}
