/**
 * `node tests/chart/crds/update.ts [FILE…]`, after scripts/chart-deps: takes from the packed dependencies the schemas of the kinds that
 * the chart renders, without their descriptions. Kept here so that the tests need no chart repository. ObjectStore belongs to no
 * dependency: its file is config/crd/bases/barmancloud.cnpg.io_objectstores.yaml of cloudnative-pg/plugin-barman-cloud.
 */
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

const folder = import.meta.dirname;
const charts = join(folder, '../../../charts');
const kinds = ['Kafka', 'KafkaNodePool', 'KafkaTopic', 'KafkaUser', 'Cluster', 'ScaledObject', 'TriggerAuthentication', 'Pooler', 'ScheduledBackup', 'ObjectStore'];

interface Crd {
  kind: string;
  spec: { group: string; names: { kind: string }; versions: { name: string; schema: { openAPIV3Schema: unknown } }[] };
}

const text = [
  ...globSync(join(charts, 'strimzi-kafka-operator-*.tgz')).map((file) =>
    execFileSync('tar', ['-xzOf', file, 'strimzi-kafka-operator/crds'], { encoding: 'utf8', maxBuffer: 2 ** 27 }),
  ),
  ...[...globSync(join(charts, '*-crds/crds/*.yaml')), ...process.argv.slice(2)].map((file) => readFileSync(file, 'utf8')),
];
/** tar puts files one after the other, with nothing between them. */
const documents = text.flatMap((each) => each.split(/^(?=apiVersion: apiextensions)/m));
const crds = documents.flatMap((each) => parseAllDocuments(each).map((document) => document.toJS() as Crd | null));

const withoutDescriptions = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutDescriptions);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key, inner]) => !(key === 'description' && typeof inner === 'string'));
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutDescriptions(inner)]));
};

for (const crd of crds) {
  if (crd?.kind !== 'CustomResourceDefinition' || !kinds.includes(crd.spec.names.kind)) continue;
  const { group, names, versions } = crd.spec;
  const newest = versions.find(({ name }) => name === 'v1') ?? versions[0];
  if (newest === undefined) continue;
  const schema = { apiVersion: `${group}/${newest.name}`, kind: names.kind, schema: newest.schema.openAPIV3Schema };
  writeFileSync(join(folder, `${names.kind}.json`), `${JSON.stringify(withoutDescriptions(schema))}\n`);
  console.log(names.kind);
}
