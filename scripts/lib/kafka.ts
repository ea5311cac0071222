import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import kafkajs, { Kafka, logLevel, type Admin } from 'kafkajs';
import { setPasswords } from '../../src/dlq/stores/kafka-passwords.ts';
import { kafkaCredential } from '../../src/dlq/stores/scram.ts';
import { kafkaEnv, readConfig } from '../../src/platform/config.ts';
import '../../src/platform/kafka/request-queue.ts';
import { root } from './bundle.ts';
import { locate, locateJava, need } from './locate.ts';
import { freePort } from './ports.ts';
import { ManagedProcess } from './process.ts';
import { readValues, type Topic } from './values.ts';

/** Where the jars of the broker are; tools.ts brings them. */
export const kafkaJars = (): string => join(root, '.idempo/tools', `kafka-${readValues().kafka.version}`);

/** A small broker: it starts in two seconds and takes 200 MB. */
const jvm = ['-Xmx128m', '-Xms64m', '-Xss256k', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
const javaArguments = (main: string, ...rest: string[]) => [
  ...jvm,
  '-cp',
  `${kafkaJars()}/*`,
  `-Dlog4j2.configurationFile=${join(root, 'scripts/lib/kafka-log4j2.xml')}`,
  main,
  ...rest,
];

export interface KafkaPorts {
  port: number;
  /** Where clients are sent: that of a proxy before it, maybe. */
  advertised?: number | undefined;
  /** A second listener, as in the cloud: TLS, SCRAM, and ACLs for whoever signs in there. Who comes by the first may do everything. */
  secured?: { port: number; certificate: Certificate } | undefined;
}

/** A broker alone on a small machine, for the embedded run and for Compose. */
export const brokerSettings = {
  'auto.create.topics.enable': 'false',
  'num.network.threads': '2',
  'num.io.threads': '2',
  'background.threads': '2',
  'num.recovery.threads.per.data.dir': '2',
  'log.cleaner.dedupe.buffer.size': '4194304',
  'offsets.topic.num.partitions': '4',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.num.partitions': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'group.initial.rebalance.delay.ms': '0',
  'group.min.session.timeout.ms': '4000',
};

const properties = (
  data: string,
  controllerPort: number,
  { port, advertised = port, secured }: KafkaPorts,
): string => `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controllerPort}
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}${secured ? `,SECURED://127.0.0.1:${secured.port}` : ''}
advertised.listeners=PLAINTEXT://127.0.0.1:${advertised}${secured ? `,SECURED://127.0.0.1:${secured.port}` : ''}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURED:SASL_SSL
${secured ? securedProperties(secured.certificate) : ''}log.dirs=${data}
${Object.entries(brokerSettings)
  .map(([name, value]) => `${name}=${value}\n`)
  .join('')}`;

const securedProperties = ({
  keystore,
  password,
}: Certificate): string => `authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS;User:admin
listener.name.secured.ssl.keystore.type=PKCS12
listener.name.secured.ssl.keystore.location=${keystore}
listener.name.secured.ssl.keystore.password=${password}
listener.name.secured.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.secured.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
`;

/** Of 127.0.0.1, and its own authority. */
export interface Certificate {
  /** PKCS12, with the key. */
  keystore: string;
  password: string;
  /** PEM: whom clients have to trust. */
  caFile: string;
}

/** A new certificate, in a folder of its own. */
export const makeCertificate = async (folder: string): Promise<Certificate> => {
  const java = need(locateJava(), 'Java 17 or newer');
  const keytool = need(locate('keytool', [dirname(realpathSync(java))]), 'keytool, which is part of Java,');
  const certificate = { keystore: join(folder, 'kafka.p12'), password: 'changeit', caFile: join(folder, 'ca.crt') };
  mkdirSync(folder, { recursive: true });
  const store = ['-alias', 'kafka', '-keystore', certificate.keystore, '-storepass', certificate.password];
  const subject = ['-dname', 'CN=kafka', '-ext', 'san=ip:127.0.0.1', '-ext', 'bc=ca:true', '-validity', '2'];
  const run = (command: string, ...args: string[]) => promisify(execFile)(keytool, [command, ...store, ...args]);
  await run('-genkeypair', '-storetype', 'PKCS12', '-keyalg', 'EC', ...subject);
  await run('-exportcert', '-rfc', '-file', certificate.caFile);
  return certificate;
};

/** Formatting takes a JVM of its own, so it is done once, and every fresh data folder is a copy. */
const formatted = async (java: string): Promise<string> => {
  const folder = join(kafkaJars(), 'formatted');
  if (existsSync(folder)) return folder;
  const work = `${folder}-${process.pid}`;
  const file = `${work}.properties`;
  writeFileSync(file, properties(work, 2, { port: 1 }));
  const cluster = Buffer.from('idempo-embedded!').toString('base64url');
  await promisify(execFile)(java, javaArguments('kafka.tools.StorageTool', 'format', '-t', cluster, '-c', file));
  rmSync(file);
  if (existsSync(folder)) rmSync(work, { recursive: true });
  else renameSync(work, folder);
  return folder;
};

const answersAt = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const answer = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => {
      answer(true);
    });
    socket.once('error', () => {
      answer(false);
    });
  });

/** A real Kafka, KRaft, one node. Starts where it stopped when the data folder has been used before. */
export const startKafka = async (folders: { data: string; logs: string; run: string }, ports: KafkaPorts) => {
  const java = need(locateJava(), 'Java 17 or newer');
  const data = join(folders.data, 'kafka');
  if (!existsSync(join(data, 'meta.properties'))) cpSync(await formatted(java), data, { recursive: true });
  mkdirSync(folders.run, { recursive: true });
  const file = join(folders.run, 'kafka.properties');
  writeFileSync(file, properties(data, await freePort(), ports));
  const process = new ManagedProcess({
    name: 'kafka',
    command: java,
    args: javaArguments('kafka.Kafka', file),
    logFile: join(folders.logs, 'kafka.log'),
    pidFile: join(folders.run, 'kafka.pid'),
    ready: () => answersAt(ports.port),
    readyWithinMs: 60_000,
    stopSignal: 'SIGTERM',
    stopWithinMs: 20_000,
  });
  await process.start();
  return process;
};

/** Sets the passwords of users, who then sign in at the secured listener. `brokers` are those of the other. */
export const setKafkaPasswords = (brokers: string, passwords: Record<string, string>): Promise<void> =>
  setPasswords(
    readConfig(kafkaEnv, { KAFKA_BROKERS: brokers }),
    Object.entries(passwords).map(([user, password]) => kafkaCredential(user, password, 'SCRAM-SHA-512')),
  );

/** A client of the listener that asks nobody to sign in. */
export const quietKafka = (brokers: string): Kafka =>
  new Kafka({ clientId: 'idempo-scripts', brokers: brokers.split(','), logLevel: logLevel.NOTHING });

export const withKafkaAdmin = async <T>(brokers: string, work: (admin: Admin) => Promise<T>): Promise<T> => {
  const admin = quietKafka(brokers).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
};

/** Waits until every partition of topics that are new, or have grown, can be written to. */
const untilLed = async (admin: Admin, topics: Topic[]): Promise<void> => {
  const deadline = Date.now() + 20_000;
  const areLed = async (): Promise<boolean> => {
    const found = await admin.fetchTopicMetadata({ topics: topics.map(({ name }) => name) });
    const led = new Map(found.topics.map((topic) => [topic.name, topic.partitions.filter((one) => one.leader >= 0)]));
    return topics.every((topic) => led.get(topic.name)?.length === topic.partitions);
  };
  // A broker that has not heard of a topic yet answers with an error.
  while (!(await areLed().catch(() => false))) {
    if (Date.now() > deadline) throw new Error('The new partitions have no leaders.');
    await sleep(20);
  }
};

/** As in the chart: a dead letter queue takes the largest record of its topic (1 MiB) with the headers that it adds. */
export const topicSettings = (topic: Topic): Record<string, string> => ({
  'retention.ms': String(topic.retentionMs),
  'retention.bytes': String(topic.retentionBytes),
  ...(topic.name.endsWith('.dlq') ? { 'max.message.bytes': '1114112' } : {}),
});

/** Creates topics that are missing, adds partitions, and sets retention; never removes anything. */
export const applyTopics = (brokers: string, topics: Topic[]): Promise<void> =>
  withKafkaAdmin(brokers, async (admin) => {
    const configEntries = (topic: Topic) =>
      Object.entries(topicSettings(topic)).map(([name, value]) => ({ name, value }));
    const existing = new Set(await admin.listTopics());
    const missing = topics.filter(({ name }) => !existing.has(name));
    const present = topics.filter(({ name }) => existing.has(name));
    if (missing.length > 0) {
      await admin.createTopics({
        // Not by kafkajs: it takes a broker that has not heard of the topic yet for a failure.
        waitForLeaders: false,
        topics: missing.map((topic) => ({
          topic: topic.name,
          numPartitions: topic.partitions,
          replicationFactor: 1,
          configEntries: configEntries(topic),
        })),
      });
      await untilLed(admin, missing);
    }
    if (present.length === 0) return;
    const metadata = await admin.fetchTopicMetadata({ topics: present.map(({ name }) => name) });
    const partitions = new Map(metadata.topics.map((topic) => [topic.name, topic.partitions.length]));
    const grown = present.filter((topic) => topic.partitions > (partitions.get(topic.name) ?? topic.partitions));
    if (grown.length > 0) {
      await admin.createPartitions({
        topicPartitions: grown.map((topic) => ({ topic: topic.name, count: topic.partitions })),
      });
      await untilLed(admin, grown);
    }
    await admin.alterConfigs({
      validateOnly: false,
      resources: present.map((topic) => ({
        type: kafkajs.ConfigResourceTypes.TOPIC,
        name: topic.name,
        configEntries: configEntries(topic),
      })),
    });
  });
