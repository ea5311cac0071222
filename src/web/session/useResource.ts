'use client';

import { useCallback, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { useAccount } from './account.ts';
import type { Input } from './client.ts';
import type { Resource, Snapshot } from './resource.ts';

/** A snapshot as a page shows it: with another question (the next page, say) the former answer stays until the new one is here. */
export interface Shown<T> extends Snapshot<T> {
  reload: () => void;
}

interface Options {
  /** Asked again so often while the page is looked at. */
  everyMs?: number;
  /** The answer never changes. */
  lasting?: boolean;
}

/** What could not be had is asked for again by itself. */
const againMs = 8_000;
/** A page that comes back to the front asks for what is older than this. */
const oldMs = 15_000;
const none: Input = {};

/** What the API answers to this player; `input` null asks nothing. */
export function useResource<T>(
  resource: Resource<Input, T>,
  input: Input | null = none,
  { everyMs, lasting = false }: Options = {},
): Shown<T> {
  const playerId = useAccount()?.playerId ?? '';
  const question = input === null ? null : JSON.stringify(input);
  const key = `${playerId} ${question ?? ''}`;
  // One and the same for as long as the question is.
  const asked = useMemo(() => input, [question]);
  const subscribe = useCallback(
    (listener: () => void) => {
      return asked === null ? () => undefined : resource.watch(key, asked, listener);
    },
    [resource, key, asked],
  );
  const snapshot = useSyncExternalStore(
    subscribe,
    () => resource.snapshot(key),
    () => resource.nothing,
  );

  const [last, setLast] = useState<{ playerId: string; data: T | null }>({ playerId, data: null });
  if (last.playerId !== playerId || (snapshot.data !== null && snapshot.data !== last.data)) {
    setLast({ playerId, data: snapshot.data });
  }

  useEffect(() => {
    if (lasting) return;
    const look = () => {
      if (document.visibilityState === 'visible') resource.refresh(everyMs === undefined ? oldMs : everyMs / 2);
    };
    const timer = everyMs === undefined ? undefined : setInterval(look, everyMs);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }, [resource, everyMs, lasting]);

  useEffect(() => {
    if (snapshot.problem === null || snapshot.busy) return;
    const timer = setTimeout(() => resource.refresh(), againMs);
    return () => clearTimeout(timer);
  }, [resource, snapshot]);

  const data = snapshot.data ?? (last.playerId === playerId ? last.data : null);
  return { ...snapshot, data, reload: () => resource.refresh() };
}
