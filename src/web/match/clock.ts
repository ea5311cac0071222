'use client';

import { useEffect, useState } from 'react';
import type { MatchModel } from './view.ts';

/** The server's time by this browser's clock, in ms since the epoch. */
export const serverNow = ({ clockOffset }: Pick<MatchModel, 'clockOffset'>): number => Date.now() + clockOffset;

/** The tick that is running at the server; 0 before the start. */
export function tickOf({ match, clockOffset }: MatchModel): number {
  if (!match?.startedAt || match.board === null) return 0;
  return Math.max(Math.floor((serverNow({ clockOffset }) - Date.parse(match.startedAt)) / match.board.tickMs), 0);
}

interface Timeline {
  startedAt: string | null;
  clockOffset: number;
  tickMs: number;
}

/** How long until a tick begins, in ms; below 0 when it has. */
export function msUntilTick({ startedAt, clockOffset, tickMs }: Timeline, tick: number): number {
  return startedAt === null ? 0 : Date.parse(startedAt) + tick * tickMs - serverNow({ clockOffset });
}

/** Whole seconds until an ISO time of the server, rounded up; renders once a second, at the second. Null without a time. */
export function useSecondsLeft(until: string | null, clockOffset: number): number | null {
  const left = () =>
    until === null ? null : Math.max(Math.ceil((Date.parse(until) - serverNow({ clockOffset })) / 1000), 0);
  const [, render] = useState(0);
  useEffect(() => {
    if (until === null) return;
    let timer: ReturnType<typeof setTimeout>;
    const schedule = () => {
      const ms = Date.parse(until) - serverNow({ clockOffset });
      if (ms <= 0) return;
      timer = setTimeout(
        () => {
          render((n) => n + 1);
          schedule();
        },
        (ms % 1000) + 5,
      );
    };
    schedule();
    return () => clearTimeout(timer);
  }, [until, clockOffset]);
  return left();
}

/** Renders again when the next of these moments (ms on this browser's clock) has come. */
export function useMoments(moments: readonly number[]): void {
  const [, render] = useState(0);
  const now = Date.now();
  const next = Math.min(...moments.filter((moment) => moment > now));
  useEffect(() => {
    if (!Number.isFinite(next)) return;
    const timer = setTimeout(() => render((n) => n + 1), next - Date.now() + 5);
    return () => clearTimeout(timer);
  }, [next]);
}
