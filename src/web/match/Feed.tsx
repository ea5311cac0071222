import { memo } from 'react';
import type { LobbyPlayer } from '../../contracts/match.ts';
import { Piece } from '../ui/Piece.tsx';
import { Seal } from '../ui/Seal.tsx';
import styles from './Feed.module.css';
import { tell } from './tell.ts';
import type { LogEntry } from './view.ts';

interface FeedProps {
  log: readonly LogEntry[];
  cast: readonly LobbyPlayer[];
  myId: string;
}

/** What happened, the newest first. */
export const Feed = memo(function Feed({ log, cast, myId }: FeedProps) {
  return (
    <section className={styles['feed']} aria-labelledby="feed">
      <h2 id="feed">Dispatches</h2>
      {log.length === 0 && <p className={styles['quiet']}>All quiet so far.</p>}
      <ol>
        {log.toReversed().map((entry) => (
          <FeedLine key={entry.id} entry={entry} cast={cast} myId={myId} />
        ))}
      </ol>
    </section>
  );
});

/** Drawn once: an entry never changes. */
const FeedLine = memo(function FeedLine({ entry, cast, myId }: Omit<FeedProps, 'log'> & { entry: LogEntry }) {
  const line = tell(entry, cast, myId);
  if (line === null) return null;
  return (
    <li data-tone={line.tone} data-mine={line.mine || undefined}>
      <span className={styles['actor']}>{line.seat !== null && <Piece seat={line.seat} />}</span>
      <span>
        {line.text} {line.sealed && <Seal title="sealed" />}
      </span>
    </li>
  );
});
