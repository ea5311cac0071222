'use client';

import { useSyncExternalStore } from 'react';
import { storage } from '../session/storage.ts';

export type Theme = 'light' | 'dark';

const listeners = new Set<() => void>();

function current(): Theme {
  const { theme } = document.documentElement.dataset;
  if (theme === 'light' || theme === 'dark') return theme;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  const system = matchMedia('(prefers-color-scheme: dark)');
  system.addEventListener('change', listener);
  return () => {
    listeners.delete(listener);
    system.removeEventListener('change', listener);
  };
}

/** The theme on screen, the system's until one is chosen; null while the server renders. */
export function useTheme(): [Theme | null, (theme: Theme) => void] {
  const theme = useSyncExternalStore(subscribe, current, () => null);
  return [
    theme,
    (chosen) => {
      document.documentElement.dataset['theme'] = chosen;
      storage.set('idempo.theme', chosen);
      for (const listener of listeners) listener();
    },
  ];
}
