import { expect, test } from '@jest/globals';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { helm, manifests, root } from './chart.ts';

interface Manifest {
  kind: string;
  spec: {
    source?: { helm: { valueFiles: string[]; valuesObject: object } };
    chart?: { spec: { valuesFiles: string[] } };
    values?: object;
  };
}

const documented = [
  ...readFileSync(join(root, 'docs/installing.md'), 'utf8').matchAll(/^```yaml\n(.*?)^```$/gms),
].flatMap(([, block = '']) => parseAllDocuments(block).map((document) => document.toJS() as Manifest));

const releases = documented.flatMap(({ kind, spec: { source, chart, values } }) => {
  if (source !== undefined) return [{ kind, files: source.helm.valueFiles, values: source.helm.valuesObject }];
  if (chart !== undefined) return [{ kind, files: chart.spec.valuesFiles, values: values ?? {} }];
  return [];
});

test('docs/installing.md has a manifest for Argo CD and one for Flux', () => {
  expect(releases.map(({ kind }) => kind)).toEqual(['Application', 'HelmRelease']);
});

test.each(releases)(
  'the values of the $kind are files and values of the chart, and render the same twice',
  async (release) => {
    for (const file of release.files)
      expect({ file, exists: existsSync(join(root, file)) }).toEqual({ file, exists: true });
    expect(release.files.at(-1)).toBe('values/cloud.yaml');
    const folder = mkdtempSync(join(tmpdir(), 'idempo-gitops-'));
    try {
      const values = join(folder, 'values.yaml');
      writeFileSync(values, stringify(release.values));
      // As a cluster with the operators tells Helm.
      const kinds = ['kafka.strimzi.io/v1/Kafka', 'postgresql.cnpg.io/v1/Cluster', 'keda.sh/v1alpha1/ScaledObject'];
      const args = [`--values=${values}`, ...kinds.map((kind) => `--api-versions=${kind}`)];
      const yaml = await helm('template', 'cloud', ...args);
      expect(await helm('template', 'cloud', ...args)).toBe(yaml);
      expect(manifests(yaml).map(({ kind }) => kind)).toEqual(
        expect.arrayContaining(['Kafka', 'Cluster', 'PrometheusRule']),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
