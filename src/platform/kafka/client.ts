import { readFileSync } from 'node:fs';
import kafkajs, { type Kafka as KafkaClient, type KafkaConfig, type LogEntry, type SASLOptions } from 'kafkajs';
import type { KafkaEnv } from '../config.ts';
import { watchedIdentity } from '../telemetry/certificates.ts';
import { logger } from '../telemetry/logger.ts';

const { Kafka, logLevel } = kafkajs;

/** What kafkajs says goes to our log, one level lower: it calls errors what it then mends by itself. */
const writeLog = () => (entry: LogEntry) => {
  const { message, error, groupId } = entry.log as { message: string; error?: unknown; groupId?: string };
  const line = { kafkajs: entry.namespace, groupId, error: error instanceof Error ? error.message : error };
  if (entry.level === logLevel.ERROR) logger.warn(line, message);
  else logger.debug(line, message);
};

/** TLS as Node has it; a CA of one's own is read anew for each connection, since it is renewed while the process runs. */
const tls = (caFile: string | undefined) => ({
  checkServerIdentity: watchedIdentity('kafka'),
  get ca() {
    return caFile === undefined ? undefined : readFileSync(caFile, 'utf8');
  },
});

const sasl = (env: KafkaEnv): SASLOptions | undefined => {
  const { KAFKA_USERNAME: username, KAFKA_PASSWORD: password = '' } = env;
  if (username === undefined) return undefined;
  switch (env.KAFKA_SASL_MECHANISM) {
    case 'SCRAM-SHA-512':
      return { mechanism: 'scram-sha-512', username, password };
    case 'SCRAM-SHA-256':
      return { mechanism: 'scram-sha-256', username, password };
    case 'PLAIN':
      return { mechanism: 'plain', username, password };
  }
};

/**
 * A client for the brokers of the environment. It tries for ever: Kafka being away is waited out, not crashed over.
 * `more` are settings of kafkajs that few clients have.
 */
export const kafkaClient = (env: KafkaEnv, clientId: string, more: Partial<KafkaConfig> = {}): KafkaClient => {
  const account = sasl(env);
  return new Kafka({
    clientId,
    brokers: env.KAFKA_BROKERS,
    connectionTimeout: 3000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 5 },
    logCreator: writeLog,
    logLevel: logLevel.WARN,
    ...(env.KAFKA_TLS ? { ssl: tls(env.KAFKA_TLS_CA_FILE) } : {}),
    ...(account === undefined ? {} : { sasl: account }),
    ...more,
  });
};
