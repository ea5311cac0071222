import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** A secret in a file, as it is mounted into a pod, and changed while it is in use. */
export class SecretFile {
  readonly path: string;

  constructor(path: string, current: string) {
    this.path = path;
    this.write(current);
  }

  /** What is good from now on; each file is whole at any time. */
  write(current: string, other?: string): void {
    if (other === undefined) rmSync(`${this.path}.other`, { force: true });
    else this.put(`${this.path}.other`, other);
    this.put(this.path, current);
  }

  private put(path: string, text: string): void {
    writeFileSync(`${path}.new`, text);
    renameSync(`${path}.new`, path);
  }
}

/** Does something again and again, by several at once, and remembers what failed. */
export class Use {
  done = 0;
  readonly failed: unknown[] = [];
  private readonly stopped = new AbortController();
  private readonly workers: Promise<void>[];

  constructor(workers: number, work: () => Promise<unknown>) {
    this.workers = Array.from({ length: workers }, async () => {
      while (!this.stopped.signal.aborted) {
        await work().catch((error: unknown) => this.failed.push(error));
        this.done += 1;
      }
    });
  }

  /** Until that long has passed and it has been done so often: what is read of a file may be a second old. */
  async goesOn(ms = 1200, times = 20): Promise<void> {
    const [until, more] = [Date.now() + ms, this.done + times];
    while (Date.now() < until || this.done < more) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await Promise.all(this.workers);
  }
}

/** Who signs in, and who lets in: either may have a new password before the other. */
export const orders = ['the pods first', 'the server first'] as const;

/** Changes a password that is `first` everywhere to `second`, step by step, in the midst of its use, which it ends. */
export const changePassword = async (
  order: (typeof orders)[number],
  file: SecretFile,
  setPassword: (password: string) => Promise<void>,
  use: Use,
): Promise<void> => {
  const pods = async () => {
    file.write('second', 'first');
    await use.goesOn();
  };
  const server = async () => {
    await setPassword('second');
    await use.goesOn();
  };
  file.write('first', 'second');
  await use.goesOn();
  for (const step of order === 'the pods first' ? [pods, server] : [server, pods]) await step();
  file.write('second');
  await use.goesOn();
  await use.stop();
};
