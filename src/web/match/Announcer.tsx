import { memo } from 'react';
import type { LobbyPlayer } from '../../contracts/match.ts';
import { tell } from './tell.ts';
import type { LogEntry } from './view.ts';

interface AnnouncerProps {
  log: readonly LogEntry[];
  cast: readonly LobbyPlayer[];
  myId: string;
  health: number | undefined;
}

/** Tells a screen reader what concerns the player; all the rest is in the feed, to be read when wanted. */
export const Announcer = memo(function Announcer({ log, cast, myId, health }: AnnouncerProps) {
  let last = null;
  for (let i = log.length - 1; i >= 0 && last === null; i -= 1) {
    const entry = log[i];
    const line = entry === undefined ? null : tell(entry, cast, myId);
    if (line !== null && (line.mine || line.tone === 'loud')) last = line;
  }
  return (
    <p className="sr-only" role="status">
      {last?.text}
      {last !== null && health !== undefined && `. Your health: ${health}.`}
    </p>
  );
});
