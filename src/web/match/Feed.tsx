import { useMemo } from 'react';
import type { MatchView } from '../../contracts/match.ts';
import { Piece } from '../ui/Piece.tsx';
import { Seal } from '../ui/Seal.tsx';
import styles from './Feed.module.css';
import { tell } from './tell.ts';
import type { LogEntry } from './view.ts';

const shownLines = 24;

/** What happened, the newest first. */
export function Feed({ log, match, myId }: { log: readonly LogEntry[]; match: MatchView; myId: string }) {
  const lines = useMemo(
    () =>
      log
        .flatMap((entry) => tell(entry, match, myId) ?? [])
        .slice(-shownLines)
        .reverse(),
    [log, match, myId],
  );
  return (
    <section className={styles['feed']} aria-labelledby="feed">
      <h2 id="feed">Dispatches</h2>
      {lines.length === 0 && <p className={styles['quiet']}>All quiet so far.</p>}
      <ol>
        {lines.map((line) => (
          <li key={line.id} data-tone={line.tone} data-mine={line.mine || undefined}>
            <span className={styles['actor']}>{line.seat !== null && <Piece seat={line.seat} />}</span>
            <span>
              {line.text} {line.sealed && <Seal title="sealed" />}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
