import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { buildCurrent } from './lib/build-current.ts';
import { root } from './lib/bundle.ts';
import { ensureTools, storeTools, type ToolName } from './lib/tools.ts';

const usage = `test [unit|integration|platform|browser|chart|lint|typecheck|--faults] [PATTERN]

Runs the checks and all tests, or one kind of them, or those whose file matches the pattern. Installs what they need.
--faults: replicas and stores killed under load, for minutes; only when asked for.
`;

const say = (line: string) => process.stdout.write(`${line}\n`);

interface Suite {
  tools: ToolName[];
  /** What has to be built before. */
  build?: 'services' | 'web';
  /** How many test files run at once; those that start a whole platform run alone. */
  workers: number;
}

const suites = {
  unit: { tools: [], workers: 2 },
  integration: { tools: storeTools, workers: 2 },
  platform: { tools: storeTools, build: 'services', workers: 1 },
  browser: { tools: [...storeTools, 'chromium'], build: 'web', workers: 1 },
  chart: { tools: ['promtool'], workers: 2 },
  faults: { tools: [...storeTools, 'go'], build: 'services', workers: 1 },
} satisfies Record<string, Suite>;
type SuiteName = keyof typeof suites;
const suiteNames: SuiteName[] = ['unit', 'integration', 'platform', 'browser', 'chart', 'faults'];

const checks = {
  lint: ['npm', 'run', '--silent', 'lint'],
  typecheck: ['npm', 'run', '--silent', 'typecheck'],
};
type CheckName = keyof typeof checks;
const checkNames: CheckName[] = ['lint', 'typecheck'];

interface Outcome {
  passed: number;
  failed: number;
}

/** Resolves with the exit code. When `done` is given and the file is there, the command has 30 s to end by itself. */
const run = ([command = '', ...args]: string[], env: NodeJS.ProcessEnv = {}, done?: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
    let lingers = 0;
    const watch = setInterval(() => {
      if (done === undefined || !existsSync(done) || ++lingers < 30) return;
      say(
        'Its tests are over, and it does not end: something that a test began still runs. It is ended, and has failed.',
      );
      child.kill('SIGKILL');
    }, 1000);
    child.once('error', reject);
    child.once('exit', (code) => {
      clearInterval(watch);
      resolve(code ?? 1);
    });
  });

const runCheck = async (name: CheckName): Promise<Outcome> => {
  const code = await run(checks[name]);
  if (code !== 0) say(`${name} failed`);
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
};

const report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  // Files that could not even be loaded.
  numRuntimeErrorTestSuites: z.number(),
});

/** helm comes by a script of its own; answers with the PATH that has it. */
const chartTools = (): string =>
  execFileSync('bash', ['-euc', '. scripts/lib/helm.sh && need_helm && printf %s "$PATH"'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });

const runSuite = async (name: SuiteName, patterns: string[]): Promise<Outcome> => {
  const { tools, workers, build }: Suite = suites[name];
  ensureTools(tools, say);
  if (build !== undefined) await buildCurrent({ web: build === 'web', progress: say });
  const results = join(root, `.idempo/results/${name}.json`);
  mkdirSync(join(root, '.idempo/results'), { recursive: true });
  rmSync(results, { force: true });
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', ...process.execArgv];
  const jest = join(root, 'node_modules/jest/bin/jest.js');
  const code = await run(
    [process.execPath, ...flags, jest, '--selectProjects', name, '--passWithNoTests', `--maxWorkers=${workers}`].concat(
      [...['--json', `--outputFile=${results}`], ...patterns],
    ),
    {
      LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent',
      ...(name === 'chart' ? { PATH: chartTools() } : {}),
    },
    results,
  );
  if (!existsSync(results)) return { passed: 0, failed: code === 0 ? 0 : 1 };
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = report.parse(
    JSON.parse(readFileSync(results, 'utf8')),
  );
  const failed = numFailedTests + numRuntimeErrorTestSuites;
  return { passed: numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed };
};

const isSuite = (name: string): name is SuiteName => name in suites;
const isCheck = (name: string): name is CheckName => name in checks;

const [asked, ...patterns] = process.argv.slice(2);
const what = asked === '--faults' ? 'faults' : asked;
if (what !== undefined && !isSuite(what) && !isCheck(what)) {
  say(usage);
  process.exit(what === '--help' ? 0 : 1);
}
const begun = performance.now();
const outcomes: Outcome[] = [];
for (const name of [...checkNames, ...suiteNames]) {
  if (what === undefined ? name === 'faults' : what !== name) continue;
  say(`\n── ${name}`);
  outcomes.push(isCheck(name) ? await runCheck(name) : await runSuite(name, patterns));
}
const total = (kind: keyof Outcome) => outcomes.reduce((sum, outcome) => sum + outcome[kind], 0);
say(`\n${((performance.now() - begun) / 1000).toFixed(0)} s`);
say(`${total('passed')} passed, ${total('failed')} failed`);
process.exit(total('failed') === 0 ? 0 : 1);
