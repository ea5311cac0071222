import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';

/** What the tests look at of a Kubernetes object; the rest is there too. */
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  // Every kind has its own; the tests that read it say what they expect.
  spec?: Record<string, unknown>;
  data?: Record<string, string>;
  rules?: { apiGroups?: string[]; resources: string[]; verbs: string[]; resourceNames?: string[] }[];
}

export const root = resolve(import.meta.dirname, '../..');

/**
 * A copy of the chart without the dependencies that come from repositories (helm renders nothing while one is missing), so
 * that the tests need none. All that is ours is in it.
 */
const chart = mkdtempSync(join(tmpdir(), 'idempo-chart-'));
process.on('exit', () => rmSync(chart, { recursive: true, force: true }));
for (const part of ['values.yaml', 'values.schema.json', '.helmignore', 'values', 'files', 'templates', 'charts'])
  cpSync(join(root, part), join(chart, part), {
    recursive: true,
    filter: (file) => !file.endsWith('.tgz') && !/-crds\/crds/.test(file),
  });
const metadata = parse(readFileSync(join(root, 'Chart.yaml'), 'utf8')) as { dependencies: { repository?: string }[] };
metadata.dependencies = metadata.dependencies.filter(({ repository }) => repository === undefined);
writeFileSync(join(chart, 'Chart.yaml'), stringify(metadata));

const files = {
  default: [],
  local: ['local'],
  cloud: ['cloud'],
  eks: ['cloud', 'eks'],
  gke: ['cloud', 'gke'],
  small: ['cloud', 'small'],
  medium: ['cloud', 'medium'],
  large: ['cloud', 'large'],
} as const;
/** `default` is values.yaml alone; all but that and `local` lie on the cloud's. */
export type Overlay = keyof typeof files;
export const overlays: Overlay[] = ['local', 'cloud'];

/** Arguments for helm that install an overlay with some values set; what begins with -- is an argument already. */
const argumentsFor = (overlay: Overlay, set: string[]): string[] => [
  ...files[overlay].flatMap((file) => ['--values', join(chart, `values/${file}.yaml`)]),
  ...set.flatMap((each) => {
    if (each.startsWith('--')) return [each];
    return each.includes('={') || each.includes('=[') ? ['--set-json', each] : ['--set', each];
  }),
];

const run = promisify(execFile);
const printed = new Map<string, Promise<string>>();

/** What helm prints for the chart; rejects with what it says when it refuses. */
export const helm = async (command: 'template' | 'lint', overlay: Overlay, ...set: string[]): Promise<string> => {
  const name = command === 'template' ? ['idempo'] : ['--strict'];
  const args = [command, ...name, chart, ...argumentsFor(overlay, set)];
  const { stdout } = await run('helm', args, { maxBuffer: 2 ** 26 });
  return stdout;
};

/** What helm says after an install. It prints that with a cluster alone, so a template of a copy has it here. */
export const notes = async (overlay: Overlay, ...set: string[]): Promise<string> => {
  const copy = mkdtempSync(join(tmpdir(), 'idempo-notes-'));
  try {
    cpSync(chart, copy, { recursive: true });
    writeFileSync(
      join(copy, 'templates/notes.yaml'),
      'text: {{ include (print .Template.BasePath "/NOTES.txt") . | toJson }}',
    );
    const args = ['template', 'idempo', copy, '--show-only', 'templates/notes.yaml', ...argumentsFor(overlay, set)];
    const { stdout } = await run('helm', args);
    return (parse(stdout) as { text: string }).text;
  } finally {
    rmSync(copy, { recursive: true });
  }
};

/** Why helm refuses these values; undefined when it takes them. */
export const refusal = async (overlay: Overlay, ...set: string[]): Promise<string | undefined> =>
  helm('template', overlay, ...set).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

/** Renderings differ in few of their documents, and parsing costs more than rendering: each is parsed once. */
const parsed = new Map<string, Manifest | null>();
const manifestOf = (document: string): Manifest | null => {
  const known = parsed.get(document);
  if (known !== undefined) return known;
  const manifest = parse(document, { maxAliasCount: 0 }) as Manifest | null;
  parsed.set(document, manifest);
  return manifest;
};

export const manifests = (yaml: string): Manifest[] =>
  yaml
    .split(/^---$/m)
    .map(manifestOf)
    .filter((each): each is Manifest => each !== null);

/** The objects that these values make; rendered once for all tests of a file. */
export const render = async (overlay: Overlay, ...set: string[]): Promise<Manifest[]> => {
  const key = JSON.stringify([overlay, set]);
  const yaml = printed.get(key) ?? helm('template', overlay, ...set);
  printed.set(key, yaml);
  return manifests(await yaml);
};

/** The files of the package that `helm package` makes. */
export const packaged = (): string[] => {
  const folder = mkdtempSync(join(tmpdir(), 'idempo-package-'));
  try {
    execFileSync('helm', ['package', chart, '--destination', folder], { stdio: 'ignore' });
    const list = execFileSync('sh', ['-c', 'tar -tzf *.tgz'], { cwd: folder, encoding: 'utf8' });
    return list
      .trim()
      .split('\n')
      .map((path) => path.replace(/^idempo\//, ''));
  } finally {
    rmSync(folder, { recursive: true });
  }
};

export interface Container {
  name: string;
  image: string;
  command?: string[];
  args?: string[];
  env?: {
    name: string;
    value?: string;
    valueFrom?: { secretKeyRef?: { name: string; key: string; optional?: boolean } };
  }[];
  ports?: { name: string; containerPort: number }[];
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
  securityContext?: Record<string, unknown>;
  startupProbe?: unknown;
  livenessProbe?: unknown;
  readinessProbe?: unknown;
  lifecycle?: { preStop?: { sleep?: { seconds: number } } };
  volumeMounts?: { name: string; mountPath: string }[];
}
export interface PodSpec {
  containers: Container[];
  initContainers?: Container[];
  volumes?: { name: string; secret?: { secretName: string; items?: { key: string }[] } }[];
  serviceAccountName?: string;
  automountServiceAccountToken?: boolean;
  securityContext?: Record<string, unknown>;
  terminationGracePeriodSeconds?: number;
  tolerations?: Record<string, unknown>[];
}
export interface Pod {
  /** kind/name of the object that it comes from. */
  of: string;
  kind: string;
  name: string;
  namespace: string;
  /** Runs until it is told to stop. */
  serves: boolean;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  spec: PodSpec;
}

/** The pods of everything that has some. */
export const podsOf = (objects: Manifest[]): Pod[] =>
  objects.flatMap((object) => {
    const { kind } = object;
    if (!['Deployment', 'StatefulSet', 'Job', 'CronJob', 'Pod'].includes(kind)) return [];
    const controller = kind === 'CronJob' ? (object.spec?.['jobTemplate'] as Manifest).spec : object.spec;
    const pod = (kind === 'Pod' ? object : controller?.['template']) as Pick<Manifest, 'metadata'> & { spec: PodSpec };
    const { labels = {}, annotations = {} } = pod.metadata;
    const { name, namespace = '' } = object.metadata;
    const serves = kind === 'Deployment' || kind === 'StatefulSet';
    return [{ of: `${kind}/${name}`, kind, name, namespace, serves, labels, annotations, spec: pod.spec }];
  });

export const containersOf = ({ spec }: Pod): Container[] => [...(spec.initContainers ?? []), ...spec.containers];
export const ofKind = (objects: Manifest[], kind: string): Manifest[] => objects.filter((each) => each.kind === kind);
