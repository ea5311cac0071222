import { execa } from 'execa';

/** What was found to hold, and what was not. */
export const counts = { passed: 0, failed: 0 };

const began = performance.now();
export const say = (text: string): void =>
  console.log(`[smoke ${((performance.now() - began) / 1000).toFixed(0).padStart(3)}s] ${text}`);
export const held = (text: string): void => {
  counts.passed += 1;
  say(text);
};
/** Says what must hold, and counts whether it does; what is wrong follows. */
export const expectNone = (text: string, wrong: readonly unknown[]): void => {
  if (wrong.length === 0) {
    held(text);
    return;
  }
  counts.failed += 1;
  say(`NOT SO: ${text} (${wrong.length})`);
  for (const each of wrong.slice(0, 10)) console.log(`  ${typeof each === 'string' ? each : JSON.stringify(each)}`);
};

/** What it took, in seconds. */
export const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
};

/** @throws what the command said */
export const run = async (command: string, ...args: string[]): Promise<string> => (await execa(command, args)).stdout;
export const kubectl = (...args: string[]): Promise<string> => run('kubectl', ...args);
/** With something on its standard input. */
export const kubectlWith = async (input: string, ...args: string[]): Promise<string> =>
  (await execa('kubectl', args, { input })).stdout;

/** Names of objects, without their kind. */
export const namesOf = async (kind: string, namespace: string, ...more: string[]): Promise<string[]> => {
  const names = await kubectl('get', kind, '--namespace', namespace, '--output', 'name', '--ignore-not-found', ...more);
  return names.split('\n').flatMap((name) => (name === '' ? [] : [name.replace(/^.*\//, '')]));
};

/** Prints what somebody who looks for the cause needs. */
export const describe = async (namespace: string): Promise<void> => {
  const show = async (...args: string[]) =>
    console.error((await execa('kubectl', args, { reject: false, all: true })).all);
  await show('get', 'pods', '--all-namespaces');
  await show('get', 'events', '--all-namespaces', '--field-selector', 'type=Warning', '--sort-by', '.lastTimestamp');
  for (const workload of [...(await namesOf('deployments', namespace)), 'idempo-credentials', 'idempo-cleanup']) {
    const selector = ['--selector', `app.kubernetes.io/name=${workload}`];
    await show('logs', '--namespace', namespace, ...selector, '--all-containers', '--prefix', '--tail=20');
  }
};
