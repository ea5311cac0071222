import kafkajs, { type Kafka as KafkaClient, type KafkaConfig, type LogEntry } from 'kafkajs';
import plain from 'kafkajs/src/broker/saslAuthenticator/plain.js';
import scram256 from 'kafkajs/src/broker/saslAuthenticator/scram256.js';
import scram512 from 'kafkajs/src/broker/saslAuthenticator/scram512.js';
import type { KafkaEnv } from '../config.ts';
import { logger } from '../telemetry/logger.ts';
import { tlsTo } from '../tls.ts';
import './request-queue.ts';

const { Kafka, KafkaJSConnectionError, KafkaJSSASLAuthenticationError, logLevel } = kafkajs;

/** What kafkajs says goes to our log, one level lower: it calls errors what it then mends by itself. */
const writeLog = () => (entry: LogEntry) => {
  const { message, error, groupId } = entry.log as { message: string; error?: unknown; groupId?: string };
  const line = { kafkajs: entry.namespace, groupId, error: error instanceof Error ? error.message : error };
  if (entry.level === logLevel.ERROR) logger.warn(line, message);
  else logger.debug(line, message);
};

/** How kafkajs itself signs in, by each mechanism. */
const providers = {
  'SCRAM-SHA-512': scram512,
  'SCRAM-SHA-256': scram256,
  PLAIN: plain,
};

/**
 * Signs each connection in with the password as it is by then. When that is refused while another one is good too, the
 * connection counts as lost, and the next one has the other.
 */
const sasl = (env: KafkaEnv): KafkaConfig['sasl'] => {
  const { KAFKA_USERNAME: username, KAFKA_PASSWORD: secret, KAFKA_SASL_MECHANISM: mechanism } = env;
  if (username === undefined) return undefined;
  return {
    mechanism,
    authenticationProvider: (connection) => ({
      authenticate: async () => {
        const password = secret?.offer ?? '';
        try {
          await providers[mechanism]({ username, password })(connection).authenticate();
        } catch (error) {
          if (!(error instanceof KafkaJSSASLAuthenticationError) || secret?.refuse(password) !== true) throw error;
          const broker = `${connection.host}:${String(connection.port)}`;
          throw new KafkaJSConnectionError('the password was refused, another will be offered', { broker });
        }
      },
    }),
  };
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
    ...(env.KAFKA_TLS ? { ssl: tlsTo('kafka', env.KAFKA_TLS_CA_FILE) } : {}),
    ...(account === undefined ? {} : { sasl: account }),
    ...more,
  });
};
