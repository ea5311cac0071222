import { memo } from 'react';
import type { BoardView, PlayerView } from '../../contracts/match.ts';
import { Icon } from '../ui/Icon.tsx';
import { Piece } from '../ui/Piece.tsx';
import styles from './Players.module.css';

/** Everybody in the match, as a stamp each; who is out is cancelled. */
export const Players = memo(function Players({ board, myId }: { board: BoardView; myId: string }) {
  return (
    <section className={styles['players']} aria-label="Players">
      <ul>
        {board.players.map((player) => (
          <PlayerStamp key={player.playerId} player={player} maxHp={board.maxHp} mine={player.playerId === myId} />
        ))}
      </ul>
    </section>
  );
});

const PlayerStamp = memo(function PlayerStamp({
  player,
  maxHp,
  mine,
}: {
  player: PlayerView;
  maxHp: number;
  mine: boolean;
}) {
  const { username, bot, hp, score, resources, alive, weapon, seat } = player;
  return (
    <li className={styles['stamp']} data-seat={seat} data-out={!alive || undefined} data-mine={mine || undefined}>
      <span className={styles['portrait']}>
        <Piece seat={seat} out={!alive} />
      </span>
      <span className={styles['who']}>
        <span className={styles['name']}>{username}</span>
      </span>
      <span className={styles['score']}>
        <span className="sr-only">Score </span>
        {score}
      </span>
      <span className={styles['health']} data-low={hp <= 0.3 * maxHp || undefined}>
        <span style={{ transform: `scaleX(${hp / maxHp})` }} />
      </span>
      <span className={styles['facts']}>
        <span>
          {alive ? hp : 0} <span className={styles['unit']}>health</span>
        </span>
        <span className={styles['resources']}>
          <Icon name="collect" size={13} />
          {resources} <span className="sr-only">resources</span>
        </span>
        {weapon !== null && (
          <span className={styles['resources']}>
            <Icon name="attack" size={13} />+{weapon.damage} <span className="sr-only">blade</span>
          </span>
        )}
        {(mine || bot) && <span className={styles['tag']}>{mine ? 'you' : 'bot'}</span>}
      </span>
      {!alive && (
        <span className={styles['cancelled']} aria-hidden="true">
          OUT
        </span>
      )}
    </li>
  );
});
