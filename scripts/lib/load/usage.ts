import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import type { Platform } from '../platform.ts';

/** CPU time spent since it started, in ms, and memory of its own share, in MiB. */
export interface Usage {
  cpuMs: number;
  memoryMiB: number;
}

const tickMs = 1000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

const statOf = (pid: number): string[] | undefined => {
  try {
    // After the name, which may have spaces: state is the first field.
    return readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    return undefined; // It has ended.
  }
};

/** With the children that have ended and were waited for, as PostgreSQL's connections are. */
export const cpuOf = (pid: number): number => {
  const stat = statOf(pid) ?? [];
  return [11, 12, 13, 14].reduce((sum, field) => sum + Number(stat[field] ?? 0), 0) * tickMs;
};

/** Memory that is shared is counted in parts (PSS), so that the sum over all processes is true. */
const memoryOf = (pid: number): number => {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
};

const withChildren = (pid: number): number[] => [
  pid,
  ...readdirSync('/proc')
    .map(Number)
    .filter((other) => other > 0 && Number(statOf(other)?.[1]) === pid),
];

/** What each process of the platform has used, by name, and the load client itself. Linux alone tells. */
export const usageOf = (platform: Platform): Map<string, Usage> => {
  const { kafka, postgres, redis } = platform.servers;
  const processes = [...platform.replicas.map(({ process }) => process), kafka, postgres, redis];
  const usage = new Map(
    processes.flatMap(({ name, pid }): [string, Usage][] => {
      if (pid === undefined) return [];
      const pids = withChildren(pid);
      const sum = (of: (pid: number) => number) => pids.reduce((total, each) => total + of(each), 0);
      return [[name, { cpuMs: sum(cpuOf), memoryMiB: sum(memoryOf) }]];
    }),
  );
  return usage.set('load client', { cpuMs: cpuOf(process.pid), memoryMiB: memoryOf(process.pid) });
};
