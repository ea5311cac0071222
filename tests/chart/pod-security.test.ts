import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { ofKind, overlays, render, root } from './chart.ts';
import { refusedOfContainer, refusedOfPod, type SecuredPod, type SecurityContext } from './pod-security.ts';

const restricted: SecurityContext = {
  allowPrivilegeEscalation: false,
  runAsNonRoot: true,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};
const pod = (change: Partial<SecuredPod>): SecuredPod => ({
  containers: [{ name: 'main', securityContext: restricted }],
  ...change,
});
const container = (change: SecurityContext) =>
  pod({ containers: [{ name: 'main', securityContext: { ...restricted, ...change } }] });

describe('the rules of the restricted profile', () => {
  test('admit what they ask for, of the pod or of its containers', () => {
    expect(refusedOfPod(pod({}))).toEqual([]);
    const { runAsNonRoot, seccompProfile, ...rest } = restricted;
    const shared = { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };
    expect({ runAsNonRoot, seccompProfile }).toEqual(shared);
    expect(refusedOfPod({ securityContext: shared, containers: [{ name: 'main', securityContext: rest }] })).toEqual(
      [],
    );
  });

  const bad: [what: string, pod: SecuredPod][] = [
    ['hostNetwork', pod({ hostNetwork: true })],
    ['hostPID', pod({ hostPID: true })],
    ['hostIPC', pod({ hostIPC: true })],
    ['volume data: hostPath', pod({ volumes: [{ name: 'data', hostPath: { path: '/' } }] })],
    ['main: hostPort', pod({ containers: [{ name: 'main', ports: [{ hostPort: 80 }], securityContext: restricted }] })],
    ['sysctl kernel.msgmax', pod({ securityContext: { sysctls: [{ name: 'kernel.msgmax' }] } })],
    ['main: privileged', container({ privileged: true })],
    ['main: allowPrivilegeEscalation', container({ allowPrivilegeEscalation: true })],
    ['main: runAsNonRoot', container({ runAsNonRoot: false })],
    ['main: runAsUser is 0', container({ runAsUser: 0 })],
    ['runAsUser is 0', pod({ securityContext: { runAsUser: 0 } })],
    ['main: seccompProfile', container({ seccompProfile: { type: 'Unconfined' } })],
    ['main: appArmorProfile', container({ appArmorProfile: { type: 'Unconfined' } })],
    ['main: seLinuxOptions.type', container({ seLinuxOptions: { type: 'spc_t' } })],
    ['main: procMount', container({ procMount: 'Unmasked' })],
    ['main: capabilities.drop', container({ capabilities: {} })],
    ['main: capabilities.add', container({ capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } })],
    [
      'init: runAsNonRoot',
      pod({ initContainers: [{ name: 'init', securityContext: { ...restricted, runAsNonRoot: false } }] }),
    ],
  ];
  test.each(bad)('refuse %s', (what, wrong) => {
    expect(refusedOfPod(wrong)).toEqual([what]);
  });
});

describe.each(overlays)('%s', (overlay) => {
  test('every namespace that the chart creates enforces it', async () => {
    for (const { metadata } of ofKind(await render(overlay), 'Namespace'))
      expect(metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
  });

  test("Strimzi's pods too, whatever its operator was told", async () => {
    const [kafka] = ofKind(
      await render(overlay, ...(overlay === 'cloud' ? ['kafka.cruiseControl.enabled=true'] : [])),
      'Kafka',
    );
    type Templates = Record<string, { securityContext?: SecurityContext } | undefined>;
    const {
      kafka: nodes,
      entityOperator,
      cruiseControl,
    } = kafka?.spec as Record<string, { template: Templates } | undefined>;
    const expected = {
      ...{ kafkaContainer: nodes?.template, initContainer: nodes?.template },
      ...{ topicOperatorContainer: entityOperator?.template, userOperatorContainer: entityOperator?.template },
      ...(overlay === 'cloud' ? { cruiseControlContainer: cruiseControl?.template } : {}),
    };
    for (const [name, template] of Object.entries(expected)) {
      const refused = refusedOfContainer(template?.[name]?.securityContext);
      expect({ name, refused }).toEqual({ name, refused: [] });
    }
  });

  test("CloudNativePG's pods, which take it by themselves, are told nothing else", async () => {
    const clusters = ofKind(await render(overlay), 'Cluster');
    expect(clusters.length).toBe(4);
    for (const { spec } of clusters)
      for (const key of ['seccompProfile', 'podSecurityContext', 'securityContext', 'postgresUID'])
        expect(Object.keys(spec ?? {})).not.toContain(key);
  });
});

test("the operator that comes with the release gives all of Strimzi's pods the restricted profile", () => {
  const values = parse(readFileSync(join(root, 'values.yaml'), 'utf8')) as Record<string, { extraEnvs?: unknown }>;
  expect(values['strimzi-kafka-operator']?.extraEnvs).toContainEqual({
    name: 'STRIMZI_POD_SECURITY_PROVIDER_CLASS',
    value: 'restricted',
  });
});
