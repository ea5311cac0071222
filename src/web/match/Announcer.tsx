import type { MatchView } from '../../contracts/match.ts';
import { tell } from './tell.ts';
import type { LogEntry } from './view.ts';

/** Tells a screen reader what concerns the player; all the rest is in the feed, to be read when wanted. */
export function Announcer({ log, match, myId }: { log: readonly LogEntry[]; match: MatchView; myId: string }) {
  const last = log.findLast((entry) => {
    const line = tell(entry, match, myId);
    return line !== null && (line.mine || line.tone === 'loud');
  });
  const me = match.board?.players.find((player) => player.playerId === myId);
  const line = last === undefined ? null : tell(last, match, myId);
  return (
    <p className="sr-only" role="status">
      {line?.text}
      {line !== null && me !== undefined && `. Your health: ${me.hp}.`}
    </p>
  );
}
