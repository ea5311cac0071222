import type { Leaderboard } from '../../contracts/economy.ts';
import { count } from '../ui/format.ts';
import { Piece } from '../ui/Piece.tsx';
import { seatOf } from '../ui/seat.ts';
import styles from './Leaderboard.module.css';

/** The first three, on a stamp each. */
export function Podium({ entries, myId }: { entries: Leaderboard['entries']; myId: string | null }) {
  return (
    <ol className={styles['podium']} aria-label="The first three">
      {entries.map(({ rank, playerId, username, score }) => (
        <li key={playerId} className={styles['medal']} data-seat={seatOf(playerId)} data-rank={rank}>
          <span className={styles['picture']}>
            <Piece seat={seatOf(playerId)} />
            <span className={styles['rank']}>{rank}</span>
          </span>
          <span className={styles['name']}>
            {username}
            {playerId === myId && <span className={styles['you']}> you</span>}
          </span>
          <span className={styles['score']}>
            {count(score)} <span className="sr-only">points</span>
          </span>
        </li>
      ))}
    </ol>
  );
}
