'use client';

import { useEffect, useRef } from 'react';
import { sound } from '../sound/mute.ts';
import type { Sound } from '../sound/synth.ts';
import type { LogEntry } from './view.ts';

function soundOf({ happening }: LogEntry): Sound | null {
  if (happening.name === 'match.player_eliminated') return 'elimination';
  if (happening.name === 'match.started') return 'start';
  if (happening.name !== 'match.action') return null;
  const { body } = happening;
  switch (body.type) {
    case 'PlayerMoved':
      return null;
    case 'PlayerAttacked':
      return body.damage === 0 ? 'shield' : body.critical ? 'critical' : 'hit';
    case 'PlayerDefended':
      return 'shield';
    case 'ResourceCollected':
      return 'collect';
  }
}

/** Plays what has been added to the log, and the last ten seconds. */
export function useSounds(log: readonly LogEntry[], secondsLeft: number | null): void {
  const heard = useRef<number | null>(null);
  useEffect(() => {
    const last = log.at(-1)?.id ?? 0;
    const before = heard.current ?? last;
    heard.current = last;
    for (const entry of log.filter(({ id }) => id > before)) {
      const name = soundOf(entry);
      if (name !== null) sound(name);
    }
  }, [log]);
  useEffect(() => {
    if (secondsLeft !== null && secondsLeft > 0 && secondsLeft <= 10) sound('count');
  }, [secondsLeft]);
}
