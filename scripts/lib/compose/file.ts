import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Document, isMap, visit } from 'yaml';
import { root } from '../bundle.ts';
import { readValues, type Values } from '../values.ts';
import { monitoring, monitoringFiles } from './monitoring.ts';
import { platform } from './platform.ts';
import { compact, shared } from './service.ts';
import { stores } from './stores.ts';

export const composeFile = join(root, 'compose.yaml');

const header = `# Written from values.yaml by \`node scripts/lib/compose/file.ts\`; what you want otherwise belongs into a compose.override.yaml.
#
#   docker compose up -d                       Kafka, PostgreSQL x 4, Redis, Jaeger, Prometheus, Grafana, Loki
#   npm run dev                                the services on this machine, on these stores, with hot reload
#   docker compose --profile platform up -d    all of it in containers, from images that \`scripts/images build\` makes, or published ones
#   docker compose --profile platform down     ends it; with --volumes the data goes too
#
# For one machine: every port is open on it alone, and the password of all is IDEMPO_PASSWORD (for-local-use-only). Another port: IDEMPO_PORT_WEB and so on.
`;

/** What is shared has made anchors, which are called by its name. */
const nameAnchors = (document: Document): void => {
  const names = new Map<string, string>();
  for (const name of Object.keys(shared)) {
    const node = document.get(`x-${name}`);
    if (!isMap(node) || node.anchor === undefined) continue;
    names.set(node.anchor, name);
    node.anchor = name;
  }
  visit(document, {
    Alias: (_, alias) => {
      alias.source = names.get(alias.source) ?? alias.source;
    },
  });
};

/** What compose.yaml should say. */
export const currentComposeFile = (values: Values = readValues()): string => {
  const services = { ...stores(values), ...monitoring(), ...platform(values) };
  const volumes = Object.values(services).flatMap(({ volumes: mounts = [] }) =>
    mounts.flatMap((mount) => (/^[./]/.test(mount) ? [] : [mount.split(':')[0] ?? ''])),
  );
  const file = {
    name: 'idempo',
    ...Object.fromEntries(Object.entries(shared).map(([name, value]) => [`x-${name}`, value])),
    services,
    configs: monitoringFiles(values),
    volumes: Object.fromEntries([...new Set(volumes)].map((volume) => [volume, {}])),
  };
  const document = new Document(file, { merge: true });
  nameAnchors(document);
  return header + compact(document);
};

export const isCurrent = (): boolean => readFileSync(composeFile, 'utf8') === currentComposeFile();

if (import.meta.main) writeFileSync(composeFile, currentComposeFile());
