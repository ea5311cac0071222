'use client';

import { useCallback, useEffect, useRef, useState } from 'react';

export type Speed = 1 | 2 | 3 | 4;
export const speeds: readonly Speed[] = [1, 2, 3, 4];

export interface Playback {
  /** Where it is, in whole ticks. */
  tick: number;
  playing: boolean;
  speed: Speed;
  /** Grows with each jump: what was under way before it is not carried over. */
  epoch: number;
  toggle: () => void;
  seek: (tick: number) => void;
  setSpeed: (speed: Speed) => void;
}

/** Runs from the start to `endTick`, as fast as is wanted. */
export function usePlayback(endTick: number, tickMs: number): Playback {
  const [tick, setTick] = useState(0);
  const [playing, setPlaying] = useState(false);
  const [speed, setSpeed] = useState<Speed>(1);
  const [epoch, setEpoch] = useState(0);
  /** Where it is to the fraction of a tick. */
  const at = useRef(0);

  const seek = useCallback(
    (to: number) => {
      at.current = Math.min(Math.max(to, 0), endTick);
      setTick(Math.floor(at.current));
      setEpoch((n) => n + 1);
    },
    [endTick],
  );
  const toggle = useCallback(() => {
    if (at.current >= endTick) seek(0);
    setPlaying((before) => !before);
  }, [endTick, seek]);

  useEffect(() => {
    if (!playing) return;
    let before = performance.now();
    let frame = requestAnimationFrame(function next(now) {
      at.current = Math.min(at.current + ((now - before) / tickMs) * speed, endTick);
      before = now;
      setTick(Math.floor(at.current));
      if (at.current >= endTick) setPlaying(false);
      else frame = requestAnimationFrame(next);
    });
    return () => cancelAnimationFrame(frame);
  }, [playing, speed, tickMs, endTick]);

  return { tick, playing, speed, epoch, toggle, seek, setSpeed };
}
