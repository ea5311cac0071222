import { z } from 'zod';
import { Secret, valuesIn } from './secret.ts';

/** A list in one variable: `a,b,c`. */
const list = z
  .string()
  .transform((text) => text.split(',').map((item) => item.trim()))
  .pipe(z.array(z.string().min(1)).min(1));
const port = z.coerce.number().int().min(0).max(65_535);
const address = list.pipe(z.array(z.string().regex(/^[^\s:/]+:\d{1,5}$/, 'expected host:port')));
/** Another service: the URLs of its replicas, or the one that is balanced over them. */
export const serviceUrls = list.pipe(z.array(z.url({ protocol: /^https?$/ }).transform((url) => new URL(url).origin)));
export const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

/** Settings with a structure, as JSON in one variable; `absent` stands for it when there is none. */
export const json = <S extends z.ZodType>(schema: S, absent: string) =>
  z
    .string()
    .default(absent)
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue('is not JSON');
        return z.NEVER;
      }
    })
    .pipe(schema);

/** What stands for a variable NAME of which the environment has NAME_FILE alone. */
class SecretFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }
}

/**
 * A secret: the variable NAME has it, or NAME_FILE names a file with it, which may change while the process runs (and
 * `<file>.other` the value before or after). NAME counts when there are both.
 */
export const secret = (schema: z.ZodType<string, string> = z.string()) =>
  z.union([z.string(), z.instanceof(SecretFile)]).transform((source, context): Secret => {
    const parse = (text: string): string => {
      const parsed = schema.safeParse(text);
      if (parsed.success) return parsed.data;
      throw new Error(parsed.error.issues[0]?.message ?? 'is not valid');
    };
    try {
      if (typeof source === 'string') return new Secret(() => [parse(source)]);
      return new Secret(() => {
        const [current, ...others] = valuesIn(source.path);
        return [parse(current), ...others.map(parse)];
      });
    } catch (error) {
      context.addIssue(Error.isError(error) ? error.message : String(error));
      return z.NEVER;
    }
  });

/** What every service reads. */
export const serviceEnv = {
  /** /metrics, /livez and /readyz, for the cluster alone. */
  MANAGEMENT_PORT: port.default(9100),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
};
export const httpEnv = (defaultPort: number) => ({ HTTP_PORT: port.default(defaultPort) });

export const kafkaEnv = {
  KAFKA_BROKERS: address,
  KAFKA_USERNAME: z.string().optional(),
  KAFKA_PASSWORD: secret().optional(),
  KAFKA_SASL_MECHANISM: z.enum(['SCRAM-SHA-512', 'SCRAM-SHA-256', 'PLAIN']).default('SCRAM-SHA-512'),
  KAFKA_TLS: flag.default(false),
  KAFKA_TLS_CA_FILE: z.string().optional(),
  /** How long until the share of a dead replica is given to others; a broker allows 6000 unless told otherwise. */
  KAFKA_SESSION_TIMEOUT_MS: z.coerce.number().int().min(1000).max(300_000).default(6000),
};
export type KafkaEnv = z.infer<z.ZodObject<typeof kafkaEnv>>;

export const databaseEnv = {
  /** The primary, or the pooler before it. */
  DATABASE_HOST: z.string(),
  DATABASE_PORT: port.default(5432),
  DATABASE_NAME: z.string(),
  DATABASE_USER: z.string(),
  DATABASE_PASSWORD: secret().optional(),
  /** The primary itself, for what a pooler cannot do: advisory locks, LISTEN, migrations. */
  DATABASE_DIRECT_HOST: z.string().optional(),
  DATABASE_DIRECT_PORT: port.optional(),
  /** Standbys of it, for what is only read. */
  DATABASE_READ_HOST: z.string().optional(),
  DATABASE_READ_PORT: port.optional(),
  DATABASE_TLS: z.enum(['disable', 'require', 'verify-full']).default('disable'),
  DATABASE_TLS_CA_FILE: z.string().optional(),
  /** How often the database has been restored, and one: see outbox/lives.ts. */
  DATABASE_LIFE: z.coerce.number().int().min(1).default(1),
  DATABASE_POOL_MAX: z.coerce.number().int().min(1).max(200).default(10),
};
export type DatabaseEnv = z.infer<z.ZodObject<typeof databaseEnv>>;

export const redisEnv = {
  REDIS_NODES: address,
  REDIS_MODE: z.enum(['single', 'cluster']).default('single'),
  REDIS_PASSWORD: secret().optional(),
  REDIS_TLS: flag.default(false),
  REDIS_TLS_CA_FILE: z.string().optional(),
};
export type RedisEnv = z.infer<z.ZodObject<typeof redisEnv>>;

export class ConfigError extends Error {
  override name = 'ConfigError';
}

/**
 * The environment, parsed and validated at once. An empty variable counts as absent. Secrets may be in files (`secret`).
 * @throws ConfigError that lists every problem, never a value: it may be a secret.
 */
export const readConfig = <S extends z.ZodRawShape>(shape: S, env: NodeJS.ProcessEnv): z.infer<z.ZodObject<S>> => {
  const given: Record<string, unknown> = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  for (const name of Object.keys(shape)) {
    const file = given[`${name}_FILE`];
    if (given[name] === undefined && typeof file === 'string') given[name] = new SecretFile(file);
  }
  const parsed = z.object(shape).safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    return `  ${name}: ${given[name] === undefined ? 'is required' : issue.message}`;
  });
  throw new ConfigError(`The environment is not valid:\n${problems.join('\n')}`);
};

/** `readConfig` of this process; what is wrong is printed, and the process ends with 1. */
export const loadConfig = <S extends z.ZodRawShape>(shape: S): z.infer<z.ZodObject<S>> => {
  try {
    return readConfig(shape, process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
};
