import kafkajs, { type Admin } from 'kafkajs';
import { kafkaEnv, readConfig, type KafkaEnv } from '../../platform/config.ts';
import { kafkaClient } from '../../platform/kafka/client.ts';
import { rightsOf, type Right } from './acls.ts';
import { setPasswords } from './kafka-passwords.ts';
import { reason, type KafkaPlan, type ReadSecret, type Report } from './plan.ts';
import { kafkaCredential } from './scram.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ConfigResourceTypes, ConfigSource } = kafkajs;
const { ResourcePatternTypes } = kafkajs;
const operations = {
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Describe: AclOperationTypes.DESCRIBE,
};
const resources = { topic: AclResourceTypes.TOPIC, group: AclResourceTypes.GROUP };

const as = async <T>(env: KafkaEnv, work: (admin: Admin) => Promise<T>): Promise<T> => {
  const admin = kafkaClient(env, 'idempo-stores', { retry: { retries: 3 } }).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
};

/** Makes Kafka what the plan says, or says what is missing. Run again it changes nothing. */
export const prepareKafka = async (plan: KafkaPlan, secret: ReadSecret, report: Report): Promise<void> => {
  const signedIn = (folder: string, username: string): KafkaEnv =>
    readConfig(kafkaEnv, { ...plan.env, KAFKA_USERNAME: username, KAFKA_PASSWORD: secret(folder, 'password') });
  const user = (name: string) => signedIn(`kafka/${name}`, name);

  if (!plan.admin) {
    await checkUsers(plan, user, report);
    report.done('Kafka: ACLs are not looked at, since kafka.external.adminSecret is empty');
    return;
  }
  const admin = signedIn('kafka-admin', secret('kafka-admin', 'username'));
  try {
    await as(admin, () => Promise.resolve());
  } catch (error) {
    report.problem(`Kafka: the user of kafka.external.adminSecret cannot sign in: ${reason(error)}`);
    return;
  }
  if (plan.manage === 'job') {
    await as(admin, (client) => makeTopics(client, plan, report));
    await makeUsers(plan, user, admin, report);
  }
  await checkUsers(plan, user, report);
  await as(admin, (client) => alignAcls(client, plan, report));
};

const makeTopics = async (admin: Admin, plan: KafkaPlan, report: Report): Promise<void> => {
  const existing = new Set(await admin.listTopics());
  for (const [topic, { partitions, config }] of Object.entries(plan.topics)) {
    const entries = Object.entries(config).map(([name, value]) => ({ name, value }));
    try {
      if (existing.has(topic)) {
        await alignTopic(admin, topic, partitions, config, report);
        continue;
      }
      await admin.createTopics({
        waitForLeaders: false,
        topics: [{ topic, numPartitions: partitions, replicationFactor: plan.replicas, configEntries: entries }],
      });
      report.done(`Kafka: topic ${topic} made`);
    } catch (error) {
      report.problem(`Kafka: topic ${topic} could not be made as kafka.topics says: ${detailed(error)}`);
    }
  }
};

const alignTopic = async (
  admin: Admin,
  topic: string,
  partitions: number,
  config: Record<string, string>,
  report: Report,
): Promise<void> => {
  const metadata = await admin.fetchTopicMetadata({ topics: [topic] });
  if ((metadata.topics[0]?.partitions.length ?? 0) < partitions) {
    await admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] });
    report.done(`Kafka: topic ${topic} has ${String(partitions)} partitions now`);
  }
  const { resources: described } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: [{ type: ConfigResourceTypes.TOPIC, name: topic }],
  });
  // What is not said again would go back to the broker's default: others may have set more.
  const set = (described[0]?.configEntries ?? []).filter(
    ({ configSource }) => configSource === ConfigSource.TOPIC_CONFIG,
  );
  const current = Object.fromEntries(set.map(({ configName, configValue }) => [configName, configValue]));
  const changed = Object.entries(config).filter(([name, value]) => current[name] !== value);
  if (changed.length === 0) return;
  await admin.alterConfigs({
    validateOnly: false,
    resources: [
      {
        type: ConfigResourceTypes.TOPIC,
        name: topic,
        configEntries: Object.entries({ ...current, ...config }).map(([name, value]) => ({ name, value })),
      },
    ],
  });
  report.done(`Kafka: topic ${topic}: ${changed.map(([name, value]) => `${name}=${value}`).join(', ')}`);
};

const signsIn = (env: KafkaEnv): Promise<boolean> =>
  as(env, () => Promise.resolve(true)).catch((error: unknown) => {
    if (error instanceof kafkajs.KafkaJSSASLAuthenticationError) return false;
    throw error;
  });

const makeUsers = async (
  plan: KafkaPlan,
  user: (name: string) => KafkaEnv,
  admin: KafkaEnv,
  report: Report,
): Promise<void> => {
  const mechanism = admin.KAFKA_SASL_MECHANISM;
  if (mechanism === 'PLAIN') return; // Nothing that an admin could set: who cannot sign in is named below.
  for (const name of Object.keys(plan.users)) {
    const env = user(name);
    if (await signsIn(env)) continue;
    try {
      await setPasswords(admin, [kafkaCredential(name, env.KAFKA_PASSWORD?.current ?? '', mechanism)]);
      report.done(`Kafka: the password of user ${name} set`);
    } catch (error) {
      report.problem(`Kafka: the brokers do not let the admin set the password of user ${name}: ${reason(error)}`);
    }
  }
};

/** Whether each user can sign in, and finds its topics. */
const checkUsers = async (plan: KafkaPlan, user: (name: string) => KafkaEnv, report: Report): Promise<void> => {
  for (const [name, access] of Object.entries(plan.users)) {
    const env = user(name);
    if (!(await signsIn(env))) {
      report.problem(`Kafka: user ${name} cannot sign in with the password of its Secret`);
      continue;
    }
    if (plan.manage === 'job') continue;
    await as(env, async (client) => {
      for (const topic of new Set([...access.reads, ...access.writes])) {
        const wanted = plan.topics[topic]?.partitions ?? 1;
        const found = await client.fetchTopicMetadata({ topics: [topic] }).catch(() => undefined);
        const partitions = found?.topics[0]?.partitions.length ?? 0;
        if (partitions === 0)
          report.problem(
            `Kafka: user ${name} does not see the topic ${topic} (${String(wanted)} partitions): it or its ACL is missing`,
          );
        else if (partitions < wanted)
          report.problem(
            `Kafka: topic ${topic} has ${String(partitions)} partitions, kafka.topics.${topic} says ${String(wanted)}`,
          );
      }
    });
  }
};

const keyOf = ({ type, name, operation }: Right): string => `${operation} on ${type} ${name}`;
const asAcl = (user: string, { type, name, operation }: Right) => ({
  resourceType: resources[type],
  resourceName: name,
  resourcePatternType: ResourcePatternTypes.LITERAL,
  principal: `User:${user}`,
  host: '*',
  operation: operations[operation],
  permissionType: AclPermissionTypes.ALLOW,
});

/** What the users of the plan may do with its topics is what the plan says: what lacks is added, what is too much taken away. */
const alignAcls = async (admin: Admin, plan: KafkaPlan, report: Report): Promise<void> => {
  for (const [user, access] of Object.entries(plan.users)) {
    const wanted = new Map(rightsOf(user, access).map((right) => [keyOf(right), right]));
    let held: Map<string, Right>;
    try {
      held = await rightsHeld(admin, user, plan);
    } catch (error) {
      report.problem(`Kafka: the ACLs cannot be read: ${reason(error)}`);
      return;
    }
    const lacking = [...wanted].filter(([key]) => !held.has(key));
    const surplus = [...held].filter(([key]) => !wanted.has(key));
    if (plan.manage === 'none') {
      for (const [key] of lacking) report.problem(`Kafka: user ${user} lacks an ACL: ${key}`);
      for (const [key] of surplus)
        report.problem(`Kafka: user ${user} may do more than kafka.users.${user} says: ${key}`);
      continue;
    }
    try {
      if (lacking.length > 0) await admin.createAcls({ acl: lacking.map(([, right]) => asAcl(user, right)) });
      if (surplus.length > 0) await admin.deleteAcls({ filters: surplus.map(([, right]) => asAcl(user, right)) });
    } catch (error) {
      report.problem(`Kafka: the ACLs of user ${user} could not be set: ${detailed(error)}`);
      continue;
    }
    for (const [key] of lacking) report.done(`Kafka: user ${user} may now ${key}`);
    for (const [key] of surplus) report.done(`Kafka: user ${user} may no longer ${key}`);
  }
};

/** Of a user, on the topics of the plan and on its own group. */
const rightsHeld = async (admin: Admin, user: string, plan: KafkaPlan): Promise<Map<string, Right>> => {
  const { resources: found } = await admin.describeAcls({
    resourceType: AclResourceTypes.ANY,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: `User:${user}`,
    operation: AclOperationTypes.ANY,
    permissionType: AclPermissionTypes.ALLOW,
  });
  const rights = found.flatMap(({ resourceType, resourceName, acls }) => {
    const type = resourceType === AclResourceTypes.TOPIC ? 'topic' : 'group';
    if (type === 'topic' ? !(resourceName in plan.topics) : resourceName !== user) return [];
    return acls.flatMap(({ operation }) => {
      const known = (['Read', 'Write', 'Describe'] as const).find((name) => operations[name] === operation);
      return known === undefined ? [] : [{ type, name: resourceName, operation: known } satisfies Right];
    });
  });
  return new Map(rights.map((right) => [keyOf(right), right]));
};

/** kafkajs says what was wrong with one of several topics or ACLs inside of what it throws. */
const detailed = (error: unknown): string =>
  error instanceof kafkajs.KafkaJSAggregateError ? error.errors.map(reason).join(', ') : reason(error);
