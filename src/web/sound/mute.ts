'use client';

import { useSyncExternalStore } from 'react';
import { storage } from '../session/storage.ts';
import { play } from './synth.ts';
import type { Sound } from './synth.ts';

const key = 'idempo.muted';
const listeners = new Set<() => void>();
const isMuted = () => storage.get(key) === 'true';

export function setMuted(muted: boolean): void {
  storage.set(key, String(muted));
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Whether this browser is to be silent, as it was left the last time. */
export const useMuted = (): boolean => useSyncExternalStore(subscribe, isMuted, () => false);

export function sound(name: Sound): void {
  if (!isMuted()) play(name);
}
