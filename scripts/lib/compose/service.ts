import { visit, type Document } from 'yaml';
import { variableOf } from '../local-ports.ts';

const health = { interval: '5s', timeout: '5s', retries: 12, start_period: '60s' };

/** No more rights than in a cluster. */
const container = {
  profiles: ['platform'],
  read_only: true,
  tmpfs: ['/tmp'],
  cap_drop: ['ALL'],
  security_opt: ['no-new-privileges:true'],
};

const isReady =
  "fetch('http://127.0.0.1:9100/readyz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))";

/** What services have in common: said once in the file, under `x-<name>`, and merged into each. */
export const shared = {
  health,
  container,
  service: {
    '<<': container,
    healthcheck: { '<<': health, test: ['CMD', 'node', '-e', isReady] },
    restart: 'unless-stopped',
    stop_grace_period: '30s',
  },
  telemetry: {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://jaeger:4318',
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://loki:3100/otlp/v1/logs',
    OTEL_LOGS_EXPORTER: 'otlp',
    OTEL_METRICS_EXPORTER: 'none',
  },
};

type Shared = (typeof shared)[keyof typeof shared];

/** What a service of the Compose file may say; a part of what Compose takes. */
export interface ComposeService {
  '<<'?: Shared;
  image: string;
  entrypoint?: string[];
  command?: string[];
  user?: string;
  environment?: Record<string, string | Shared>;
  depends_on?: Record<string, { condition: 'service_healthy' | 'service_completed_successfully' }>;
  ports?: string[];
  extra_hosts?: string[];
  volumes?: string[];
  configs?: { source: string; target: string }[];
  healthcheck?: { '<<': Shared; test: string[] };
  restart?: string;
  stop_grace_period?: string;
}
export type ComposeServices = Record<string, ComposeService>;

/** A dollar that is no variable. */
export const literal = (text: string): string => text.replaceAll('$', '$$$$');

/** Of every store, and of who signs in to it. */
export const password = '${IDEMPO_PASSWORD:-for-local-use-only}';

/** A port of the host; `name` is that of the variable which chooses another. */
export const hostPort = (name: string, port: number): string => `\${${variableOf(name)}:-${port}}`;

/** A port open on this machine alone. */
export const published = (name: string, port: number, inside = port): string =>
  `127.0.0.1:${hostPort(name, port)}:${inside}`;

export const healthcheck = (...test: string[]) => ({ '<<': shared.health, test: ['CMD', ...test] });

/** What has to run well, or to have ended well, before. */
export const after = (services: Record<string, 'healthy' | 'completed'>): NonNullable<ComposeService['depends_on']> =>
  Object.fromEntries(
    Object.entries(services).map(([name, how]) => [
      name,
      { condition: how === 'healthy' ? 'service_healthy' : 'service_completed_successfully' },
    ]),
  );

/** As YAML, with what fits on a line on one. */
export const compact = (document: Document): string => {
  visit(document, {
    Collection: (_, node) => {
      const text = JSON.stringify(node.toJSON());
      node.flow = text.length < 110 && !text.includes('\\n');
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
};
