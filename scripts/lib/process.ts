import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ProcessSpec {
  name: string;
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** User to run as, when this process is root. */
  user?: { uid: number; gid: number };
  logFile: string;
  /** Where its pid is kept while it runs, so that a later run can end what a killed one left behind. */
  pidFile: string;
  /** Asked every 25 ms from the start on, until it says true. An error counts as no. */
  ready: () => Promise<boolean>;
  readyWithinMs: number;
  /** What asks it to end, and how long it may take before it is killed. */
  stopSignal: NodeJS.Signals;
  stopWithinMs: number;
}

/** A child process that is started, stopped, killed and started again under the same name and log. */
export class ManagedProcess {
  readonly spec: ProcessSpec;
  /** Called when the process ends and nobody asked it to. */
  onCrash: ((what: string) => void) | undefined;
  private child: ChildProcess | undefined;
  private ended: Promise<string> = Promise.resolve('never started');
  private expected = false;
  private starts = 0;

  constructor(spec: ProcessSpec) {
    this.spec = spec;
  }

  get name(): string {
    return this.spec.name;
  }

  /** Of the running process. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Resolves when it is ready. @throws Error with the end of its log when it ends before, or takes too long. */
  async start(): Promise<void> {
    if (this.child) throw new Error(`${this.name} runs already.`);
    const { spec } = this;
    mkdirSync(dirname(spec.logFile), { recursive: true });
    mkdirSync(dirname(spec.pidFile), { recursive: true });
    const log = openSync(spec.logFile, this.starts++ === 0 ? 'w' : 'a');
    // A process group of its own: Ctrl-C in the terminal reaches us alone, and we end them in order.
    const child = spawn(spec.command, spec.args, {
      env: spec.env ?? process.env,
      cwd: spec.cwd,
      detached: true,
      stdio: ['ignore', log, log],
      ...spec.user,
    });
    closeSync(log);
    this.child = child;
    this.expected = false;
    let ready = false;
    this.ended = new Promise((resolve) => {
      const end = (how: string) => {
        this.child = undefined;
        rmSync(spec.pidFile, { force: true });
        resolve(how);
        if (ready && !this.expected) this.onCrash?.(how);
      };
      child.once('exit', (code, signal) => {
        end(signal === null ? `exit code ${code ?? 0}` : `killed by ${signal}`);
      });
      child.once('error', (error) => {
        end(error.message);
      });
    });
    if (child.pid !== undefined) writeFileSync(spec.pidFile, `${child.pid} ${startTime(child.pid) ?? ''}\n`);
    await this.untilReady(child);
    ready = true;
  }

  private async untilReady(child: ChildProcess): Promise<void> {
    const deadline = Date.now() + this.spec.readyWithinMs;
    while (this.child === child) {
      if (await this.spec.ready().catch(() => false)) return;
      if (Date.now() > deadline) {
        await this.kill();
        throw new Error(`${this.name} was not ready within ${this.spec.readyWithinMs / 1000} s.${this.endOfLog()}`);
      }
      await sleep(25);
    }
    throw new Error(`${this.name} ended before it was ready (${await this.ended}).${this.endOfLog()}`);
  }

  /** Asks it to end and waits for that; kills it when it takes too long. */
  async stop(): Promise<void> {
    this.expected = true;
    this.child?.kill(this.spec.stopSignal);
    const late = setTimeout(() => this.child?.kill('SIGKILL'), this.spec.stopWithinMs);
    await this.ended;
    clearTimeout(late);
  }

  /** Sends a signal and, unless it is one that a process survives, waits for the end. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const survived = signal === 'SIGSTOP' || signal === 'SIGCONT';
    if (!survived) this.expected = true;
    this.child?.kill(signal);
    if (!survived) await this.ended;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** The last lines of its log, as an appendix to a message. */
  endOfLog(): string {
    const lines = readFileSync(this.spec.logFile, 'utf8').trimEnd().split('\n').slice(-12);
    return `\n  ${lines.join('\n  ')}\n  (from ${this.spec.logFile})`;
  }
}

/** When a process started, in a form that is only good to be compared: a pid alone may be somebody else's by now. */
const startTime = (pid: number): string | undefined => {
  try {
    // After the name, which may have spaces: the state first, and 19 fields on the start.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined; // No such process, or no /proc.
  }
};

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** The process that a pid file names, if it is the one that wrote it and runs. */
export const runningPid = (pidFile: string): number | undefined => {
  if (!existsSync(pidFile)) return undefined;
  const [pid = '', started = ''] = readFileSync(pidFile, 'utf8').trim().split(' ');
  const number = Number(pid);
  return number > 0 && alive(number) && (startTime(number) ?? '') === started ? number : undefined;
};

export const writePidFile = (pidFile: string): void => {
  mkdirSync(dirname(pidFile), { recursive: true });
  writeFileSync(pidFile, `${process.pid} ${startTime(process.pid) ?? ''}\n`);
};

/** Ends the process of a pid file: asks, and kills it when it takes too long. */
export const endPid = async (pidFile: string, signal: NodeJS.Signals, withinMs: number): Promise<void> => {
  const pid = runningPid(pidFile);
  if (pid !== undefined) {
    process.kill(pid, signal);
    const deadline = Date.now() + withinMs;
    while (runningPid(pidFile) === pid) {
      if (Date.now() > deadline) process.kill(pid, 'SIGKILL');
      await sleep(25);
    }
  }
  rmSync(pidFile, { force: true });
};
