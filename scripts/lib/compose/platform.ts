import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { root, services, type ServiceName } from '../bundle.ts';
import { databaseOf, environments } from '../environments.ts';
import { standardPorts } from '../local-ports.ts';
import type { Secrets } from '../secrets.ts';
import type { ServerFacts } from '../servers.ts';
import type { Values } from '../values.ts';
import { after, literal, password, published, shared, type ComposeService, type ComposeServices } from './service.ts';
import { databaseHost } from './stores.ts';

/** Made once, in a volume: nobody types them. Each stands here for itself, and says of which kind secrets.mts has to make it. */
const made = {
  jwtPrivateKey: 'made ed25519',
  matchTokenSecret: 'made word',
  botSecret: 'made word',
  sessionSecret: 'made word',
};
const kindOf = (value: string): string | undefined =>
  value.startsWith('made ') ? value.slice('made '.length) : undefined;
const madeFile = '/run/idempo/secrets.env';

const secrets: Secrets = {
  ...made,
  postgresPassword: password,
  operatorPassword: password,
  rolePassword: password,
  rolePasswordSeed: '',
};

const facts = (values: Values): ServerFacts => {
  const server = (key: string) => ({ host: databaseHost(key), port: 5432, password });
  const keys = Object.keys(values.databases);
  return {
    kafka: 'kafka:9092',
    redis: 'redis:6379',
    postgres: server(keys[0] ?? ''),
    databases: Object.fromEntries(keys.map((key) => [key, server(key)])),
    secrets,
  };
};

const appVersion = (): string =>
  z.object({ appVersion: z.string() }).parse(parse(readFileSync(join(root, 'Chart.yaml'), 'utf8'))).appVersion;

const image = (service: ServiceName | 'web') =>
  `\${REGISTRY:-ghcr.io}/idempo/${service}:\${IDEMPO_VERSION:-${appVersion()}}`;

const serving = (values: Values, service: ServiceName | 'web'): ComposeService => ({
  '<<': shared.service,
  image: image(service),
  ...(service === 'web' || service === 'gateway' || service === 'dlq'
    ? { ports: [published(service, standardPorts[service], values[service].ports.http)] }
    : {}),
});

const migrationsOf = (values: Values, service: ServiceName) => `${values[service].workload}-migrate`;

const waitsFor = (values: Values, service: ServiceName): Record<string, 'healthy' | 'completed'> => {
  const { kafka, redis, migrations, awaits } = values[service];
  const schema = migrations ? service : awaits;
  return {
    ...(schema === undefined ? {} : { [migrationsOf(values, schema)]: 'completed' }),
    ...(kafka ? { topics: 'completed' } : {}),
    ...(redis ? { redis: 'healthy' } : {}),
  };
};

type Environment = Record<string, string>;

/** What is said in the file, and the kinds of what is made. */
const split = (environment: Environment): { said: Environment; kinds: Environment } => {
  const said: Environment = {};
  const kinds: Environment = {};
  for (const [name, value] of Object.entries(environment)) {
    const kind = kindOf(value);
    if (kind !== undefined) kinds[name] = kind;
    else said[name] = value === password ? value : literal(value);
  }
  return { said, kinds };
};

/** A service after its migrations, by the environment that it is told. */
const serviceOf = (values: Values, service: ServiceName, environment: Environment, owner: Environment | null) => {
  const { said, kinds } = split(environment);
  const reads = Object.keys(kinds).length > 0;
  const services: ComposeServices = {};
  if (values[service].migrations && owner !== null) {
    services[migrationsOf(values, service)] = {
      '<<': shared.container,
      image: image(service),
      command: ['node', 'main.cjs', 'migrate'],
      environment: split(owner).said,
      depends_on: after({ databases: 'completed' }),
    };
  }
  services[values[service].workload] = {
    ...serving(values, service),
    ...(reads ? { command: ['node', `--env-file=${madeFile}`, 'main.cjs'], volumes: ['secrets:/run/idempo:ro'] } : {}),
    environment: { '<<': shared.telemetry, OTEL_SERVICE_NAME: values[service].workload, ...said },
    depends_on: after({ ...(reads ? { secrets: 'completed' } : {}), ...waitsFor(values, service) }),
  };
  return services;
};

/** The services, each after its migrations, and the page: the profile `platform`. */
export const platform = (values: Values): ComposeServices => {
  const all = facts(values);
  const url = (service: ServiceName) => `http://${values[service].workload}:${values[service].ports.http ?? 0}`;
  const told = environments(values, all, (service) => [url(service)], {});
  const environmentOf = new Map(services.map((service) => [service, told(service)]));
  const kinds = [...environmentOf.values()].flatMap((each) => Object.entries(split(each).kinds));
  return {
    secrets: {
      '<<': shared.container,
      image: image('gateway'),
      // Its volume begins as root's.
      user: 'root',
      command: ['node', '/setup/secrets.mts', madeFile, ...new Set(kinds.map(([name, kind]) => `${name}=${kind}`))],
      volumes: ['./scripts/lib/compose:/setup:ro', 'secrets:/run/idempo'],
    },
    ...(Object.assign(
      {},
      ...[...environmentOf].map(([service, each]) =>
        serviceOf(values, service, each, databaseOf(values, all, service, 'owner')),
      ),
    ) as ComposeServices),
    [values.web.workload]: {
      ...serving(values, 'web'),
      environment: { GATEWAY_URL: url('gateway') },
      depends_on: after({ [values.gateway.workload]: 'healthy' }),
    },
  };
};
