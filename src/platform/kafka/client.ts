import { readFileSync } from 'node:fs';
import kafkajs, { type Kafka as KafkaClient, type LogEntry } from 'kafkajs';
import type { KafkaEnv } from '../config.ts';
import { logger } from '../telemetry/logger.ts';

const { Kafka, logLevel } = kafkajs;

/** What kafkajs says goes to our log, one level lower: it calls errors what it then mends by itself. */
const writeLog = () => (entry: LogEntry) => {
  const { message, error, groupId } = entry.log as { message: string; error?: unknown; groupId?: string };
  const line = { kafkajs: entry.namespace, groupId, error: error instanceof Error ? error.message : error };
  if (entry.level === logLevel.ERROR) logger.warn(line, message);
  else logger.debug(line, message);
};

/** A client for the brokers of the environment. It tries for ever: Kafka being away is waited out, not crashed over. */
export const kafkaClient = (env: KafkaEnv, clientId: string): KafkaClient =>
  new Kafka({
    clientId,
    brokers: env.KAFKA_BROKERS,
    connectionTimeout: 3000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 5 },
    logCreator: writeLog,
    logLevel: logLevel.WARN,
    ...(env.KAFKA_TLS
      ? { ssl: env.KAFKA_TLS_CA_FILE === undefined ? true : { ca: [readFileSync(env.KAFKA_TLS_CA_FILE, 'utf8')] } }
      : {}),
    ...(env.KAFKA_USERNAME === undefined
      ? {}
      : {
          sasl: {
            mechanism: 'scram-sha-512' as const,
            username: env.KAFKA_USERNAME,
            password: env.KAFKA_PASSWORD ?? '',
          },
        }),
  });
