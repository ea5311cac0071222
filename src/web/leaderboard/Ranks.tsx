import type { Leaderboard } from '../../contracts/economy.ts';
import { count } from '../ui/format.ts';
import { Piece } from '../ui/Piece.tsx';
import { seatOf } from '../ui/seat.ts';
import styles from './Leaderboard.module.css';

interface RanksProps {
  entries: Leaderboard['entries'];
  myId: string | null;
  label: string;
}

export function Ranks({ entries, myId, label }: RanksProps) {
  if (entries.length === 0) return null;
  return (
    <table className={styles['ranks']} aria-label={label}>
      <thead>
        <tr>
          <th scope="col">Place</th>
          <th scope="col">Player</th>
          <th scope="col">Points</th>
        </tr>
      </thead>
      <tbody>
        {entries.map(({ rank, playerId, username, score }) => (
          <tr key={playerId} data-mine={playerId === myId || undefined}>
            <td>{rank}</td>
            <th scope="row">
              <span className={styles['who']}>
                <span className={styles['face']}>
                  <Piece seat={seatOf(playerId)} />
                </span>
                <span className={styles['name']}>{username}</span>
                {playerId === myId && <span className={styles['you']}>you</span>}
              </span>
            </th>
            <td>{count(score)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
