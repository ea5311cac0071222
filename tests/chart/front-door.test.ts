import { describe, expect, test } from '@jest/globals';
import { notes, ofKind, podsOf, refusal, render, type Manifest } from './chart.ts';

const routes = [
  ['/api', 'api-gateway', 4000],
  ['/game/socket.io', 'api-gateway', 4000],
  ['/notifications/socket.io', 'api-gateway', 4000],
  ['/', 'web', 3001],
] as const;

const find = (objects: Manifest[], kind: string, name: string) =>
  ofKind(objects, kind).find(({ metadata }) => metadata.name === name);
/** Without a cluster nobody knows whether it has the Gateway API. */
const blind = 'preflight.enabled=false';

test('one Ingress serves all: the gateway its paths, web the rest', async () => {
  const objects = await render('cloud', 'global.domain=play.example.com', 'global.tls.secretName=cert');
  expect(find(objects, 'Ingress', 'idempo')?.spec).toEqual({
    tls: [{ secretName: 'cert', hosts: ['play.example.com'] }],
    rules: [
      {
        host: 'play.example.com',
        http: {
          paths: routes.map(([path, name]) => ({
            path,
            pathType: 'Prefix',
            backend: { service: { name, port: { name: 'http' } } },
          })),
        },
      },
    ],
  });
});

test('the gateway sees when the certificate of the front door ends, and never its key', async () => {
  const gateway = podsOf(await render('cloud', 'global.tls.secretName=cert')).find(
    ({ name }) => name === 'api-gateway',
  );
  expect(gateway?.spec.volumes).toContainEqual({
    name: 'certificates-front-door',
    secret: { secretName: 'cert', items: [{ key: 'tls.crt', path: 'tls.crt' }], optional: true },
  });
  expect(gateway?.spec.containers[0]?.env).toContainEqual({
    name: 'FRONT_DOOR_CERTIFICATE_FILE',
    value: '/certificates/front-door/tls.crt',
  });
});

test('what helm says after an install names the front door as it answers', async () => {
  const domain = 'global.domain=play.example.com';
  expect(await notes('local')).toContain('Play at http://localhost:3001 after');
  expect(await notes('cloud', domain)).toContain('Play at http://play.example.com');
  expect(await notes('cloud', domain, 'global.tls.secretName=cert')).toContain('Play at https://play.example.com');
  // The balancer has the certificate, and sends everybody to HTTPS.
  expect(await notes('eks', domain)).toContain('Play at https://play.example.com');
  expect(await notes('local', 'web.enabled=false')).toContain('The API is at http://localhost:4000 after');
});

test('without web the test of the front door asks the gateway, and may', async () => {
  const objects = await render('local', 'web.enabled=false');
  const test = podsOf(objects).find(({ name }) => name === 'idempo-test');
  expect(test?.spec.containers[0]?.env).toEqual(
    expect.arrayContaining([
      { name: 'FRONT_DOOR', value: 'http://api-gateway.idempo.svc:4000' },
      { name: 'PAGE', value: 'false' },
    ]),
  );
  const policy = find(objects, 'NetworkPolicy', 'idempo-test');
  expect(JSON.stringify(policy?.spec?.['egress'])).toContain('api-gateway');
});

test('an annotation of the Ingress is taken away by null', async () => {
  const redirect = 'alb.ingress.kubernetes.io/ssl-redirect';
  const ingress = find(
    await render('eks', `ingress.annotations.${redirect.replaceAll('.', '\\.')}=null`),
    'Ingress',
    'idempo',
  );
  expect(Object.keys(ingress?.metadata.annotations ?? {})).toContain('alb.ingress.kubernetes.io/scheme');
  expect(ingress?.metadata.annotations).not.toHaveProperty([redirect]);
});

describe('the Gateway API', () => {
  const own = ['gatewayApi.enabled=true', 'gatewayApi.className=some', 'global.domain=play.example.com', blind];

  test('one route serves all, for as long as a live connection lives', async () => {
    const route = find(await render('local', ...own), 'HTTPRoute', 'idempo');
    expect(route?.spec).toEqual({
      parentRefs: [{ name: 'idempo', sectionName: 'http' }],
      hostnames: ['play.example.com'],
      rules: routes.map(([value, name, port]) => ({
        matches: [{ path: { type: 'PathPrefix', value } }],
        backendRefs: [{ name, port }],
        timeouts: { request: '0s' },
      })),
    });
  });

  test('its own Gateway takes the certificate, and sends those who come without TLS there', async () => {
    const objects = await render('local', ...own, 'global.tls.secretName=cert');
    expect(find(objects, 'Gateway', 'idempo')?.spec).toEqual({
      gatewayClassName: 'some',
      listeners: [
        { name: 'http', protocol: 'HTTP', port: 80, hostname: 'play.example.com' },
        {
          name: 'https',
          protocol: 'HTTPS',
          port: 443,
          hostname: 'play.example.com',
          tls: { mode: 'Terminate', certificateRefs: [{ name: 'cert' }] },
        },
      ],
    });
    expect(find(objects, 'HTTPRoute', 'idempo')?.spec).toMatchObject({ parentRefs: [{ sectionName: 'https' }] });
    expect(find(objects, 'HTTPRoute', 'idempo-to-https')?.spec).toMatchObject({
      parentRefs: [{ sectionName: 'http' }],
      rules: [{ filters: [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https', statusCode: 301 } }] }],
    });
  });

  test('a Gateway that is there is used, and none is made', async () => {
    const existing = '{"name":"shared","namespace":"infra","sectionName":"web"}';
    const objects = await render('local', 'gatewayApi.enabled=true', `gatewayApi.existing=${existing}`, blind);
    expect(ofKind(objects, 'Gateway')).toEqual([]);
    expect(find(objects, 'HTTPRoute', 'idempo')?.spec).toMatchObject({ parentRefs: [JSON.parse(existing)] });
  });
});

test.each(['NodePort', 'LoadBalancer'])('without either, web opens itself as %s', async (type) => {
  const web = find(await render('local', `web.service.type=${type}`, 'web.service.nodePort=30001'), 'Service', 'web');
  expect(web?.spec).toMatchObject({ type, ports: [{ port: 3001, nodePort: 30_001 }] });
});

test('on EKS an ALB leads straight to the pods, and lets live connections be silent for an hour', async () => {
  const objects = await render('eks', 'global.domain=play.example.com');
  const ingress = find(objects, 'Ingress', 'idempo');
  expect(ingress?.spec).toMatchObject({ ingressClassName: 'alb' });
  expect(ingress?.metadata.annotations).toMatchObject({
    'alb.ingress.kubernetes.io/target-type': 'ip',
    'alb.ingress.kubernetes.io/load-balancer-attributes': 'idle_timeout.timeout_seconds=3600',
  });
  expect(find(objects, 'Service', 'api-gateway')?.metadata.annotations).toEqual({
    'alb.ingress.kubernetes.io/healthcheck-path': '/health',
  });
  expect(JSON.stringify(ofKind(objects, 'Cluster'))).toContain('"storageClass":"gp3"');
});

test.each(['eks', 'gke'] as const)(
  "on %s Prometheus' and Loki's volumes are of global.storageClass",
  async (overlay) => {
    const set = ['monitoring.prometheus.deploy=true', 'monitoring.loki.deploy=true', 'monitoring.grafana.deploy=true'];
    expect(await refusal(overlay, ...set, blind)).toBeUndefined();
  },
);

test('volumes that are not made need no class', async () => {
  const set = ['global.storageClass=fast', 'monitoring.prometheus.deploy=true', 'monitoring.grafana.deploy=true'];
  for (const volume of ['enabled=false', 'existingClaim=mine'])
    expect(await refusal('local', ...set, `prometheus.server.persistentVolume.${volume}`)).toBeUndefined();
});

test('on GKE the load balancer lets live connections last for an hour, and asks the gateway where it answers', async () => {
  const objects = await render('gke', 'global.domain=play.example.com', 'global.tls.secretName=cert', blind);
  expect(ofKind(objects, 'Ingress')).toEqual([]);
  expect(find(objects, 'Gateway', 'idempo')?.spec).toMatchObject({
    gatewayClassName: 'gke-l7-global-external-managed',
  });
  const targetRef = { group: '', kind: 'Service', name: 'api-gateway' };
  expect(find(objects, 'GCPBackendPolicy', 'api-gateway')?.spec).toMatchObject({
    default: { timeoutSec: 3600 },
    targetRef,
  });
  expect(find(objects, 'HealthCheckPolicy', 'api-gateway')?.spec).toMatchObject({
    default: { config: { httpHealthCheck: { requestPath: '/health' } } },
    targetRef,
  });
  expect(JSON.stringify(find(objects, 'HTTPRoute', 'idempo'))).not.toContain('timeouts');
  expect(JSON.stringify(ofKind(objects, 'Cluster'))).toContain('"storageClass":"premium-rwo"');
});
