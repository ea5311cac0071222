import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type AnySchema } from 'ajv';
import { render, type Manifest } from './chart.ts';

interface Crd {
  apiVersion: string;
  kind: string;
  schema: AnySchema;
}

/** As the API server takes it with strict validation: a field that the schema does not name is an error. */
const strict = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy: Record<string, unknown> = Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [key, strict(value)]),
  );
  if (copy['x-kubernetes-int-or-string'] === true) return { type: ['integer', 'string'] };
  const open = copy['x-kubernetes-preserve-unknown-fields'] === true || copy['additionalProperties'] !== undefined;
  if (copy['type'] === 'object' && copy['properties'] !== undefined && !open) copy['additionalProperties'] = false;
  return copy;
};

const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
const kinds = [
  'Kafka',
  'KafkaNodePool',
  'KafkaTopic',
  'KafkaUser',
  'Cluster',
  'ScaledObject',
  'TriggerAuthentication',
  'Pooler',
  'ScheduledBackup',
  'ObjectStore',
];
const crds = kinds.map((kind) => {
  const crd = JSON.parse(readFileSync(join(import.meta.dirname, 'crds', `${kind}.json`), 'utf8')) as Crd;
  return { ...crd, validate: ajv.compile(strict(crd.schema) as AnySchema) };
});
const isCustom = ({ apiVersion }: Manifest) => /strimzi\.io|cnpg\.io|keda\.sh/.test(apiVersion);

const variants = {
  local: ['local'],
  cloud: ['cloud'],
  'cloud with all that can be asked for': [
    'cloud',
    'global.imagePullSecrets=["registry"]',
    'keda.imagePullSecrets=[{"name":"registry"}]',
    'prometheus.imagePullSecrets=[{"name":"registry"}]',
    'global.storageClass=fast',
    'prometheus.server.persistentVolume.storageClass=fast',
    'global.imageRegistry=registry.example.com',
    'prometheus.server.image.repository=registry.example.com/prometheus/prometheus',
    'prometheus.configmapReload.prometheus.image.repository=registry.example.com/prometheus-operator/prometheus-config-reloader',
    'operators={"strimzi":false,"cloudnativePg":false}',
    'preflight.enabled=false',
    'kafka.cruiseControl.enabled=true',
    'kafka.metrics.enabled=true',
  ],
  'cloud with backups, restored from them': [
    'cloud',
    'preflight.enabled=false',
    'databases.backup={"destinationPath":"s3://bucket/folder","existingSecret":"mine"}',
    'databases.life=2',
    'databases.recovery.targetTime=2026-08-01T12:30:00Z',
  ],
  'cloud with backups of a service account, elsewhere': [
    'cloud',
    'preflight.enabled=false',
    'databases.backup={"destinationPath":"gs://bucket","serviceAccount":{"annotations":{"iam.gke.io/gcp-service-account":"me"}}}',
  ],
} as const;

describe.each(Object.entries(variants))('%s', (_, [overlay, ...set]) => {
  test('every custom resource is what its CRD allows', async () => {
    const objects = (await render(overlay, ...set)).filter(isCustom);
    expect(objects.length).toBeGreaterThan(10);
    for (const object of objects) {
      const crd = crds.find(({ kind, apiVersion }) => kind === object.kind && apiVersion === object.apiVersion);
      if (crd === undefined)
        throw new Error(`no schema for ${object.apiVersion} ${object.kind}: add it to crds/update.ts`);
      const valid = crd.validate(object);
      expect({ of: object.metadata.name, valid, errors: crd.validate.errors }).toMatchObject({ valid: true });
    }
  });
});
