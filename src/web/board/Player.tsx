import { memo, useEffect, useRef, useState } from 'react';
import type { Direction, PlayerView } from '../../contracts/match.ts';
import { Piece } from '../ui/Piece.tsx';
import styles from './Board.module.css';
import type { Gesture } from './gestures.ts';
import { at } from './Nodes.tsx';

interface PlayerProps {
  player: PlayerView;
  maxHp: number;
  mine: boolean;
  /** Where the player means to be, shown before the server has said so. */
  intent: { x: number; y: number } | null;
  aimed: boolean;
  gesture: Gesture | undefined;
  shieldMs: number;
  /** The shield is a sealed one. */
  strong: boolean;
}

const lunge: Record<Direction, string> = {
  north: 'translateY(-24%)',
  south: 'translateY(24%)',
  east: 'translateX(24%)',
  west: 'translateX(-24%)',
};

/** A player on the board; moves and blows are animated by transform and opacity alone. */
export const Player = memo(function Player({
  player,
  maxHp,
  mine,
  intent,
  aimed,
  gesture,
  shieldMs,
  strong,
}: PlayerProps) {
  const body = useRef<HTMLDivElement>(null);
  const shown = useRef(gesture?.id);
  useEffect(() => {
    if (gesture === undefined || gesture.id === shown.current) return;
    shown.current = gesture.id;
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    if (gesture.kind === 'hit') {
      const flash = { filter: 'brightness(3)', transform: 'scale(0.86)' };
      body.current?.animate([flash, { filter: 'none', transform: 'none' }], { duration: 180, easing: 'ease-out' });
    } else if (gesture.kind === 'strike' && gesture.look !== undefined) {
      const there = { transform: lunge[gesture.look] };
      body.current?.animate([{ transform: 'none' }, there, { transform: 'none' }], { duration: 160 });
    } else if (gesture.kind === 'collect') {
      body.current?.animate([{ transform: 'none' }, { transform: 'scale(1.14)' }, { transform: 'none' }], 200);
    }
  }, [gesture]);

  return (
    <div
      className={styles['player']}
      style={at(intent ?? player)}
      data-token
      data-mine={mine || undefined}
      data-intent={intent !== null || undefined}
      data-seat={player.seat}
    >
      {mine && <span className={styles['you']} />}
      <div className={styles['body']} ref={body}>
        <Piece seat={player.seat} look={gesture?.look} />
      </div>
      {shieldMs > 0 && <Shield key={player.shieldUntilTick} strong={strong} ms={shieldMs} />}
      {aimed && <span className={styles['aim']} />}
      <span className={styles['health']}>
        <span style={{ transform: `scaleX(${player.hp / maxHp})` }} data-low={player.hp <= 0.3 * maxHp || undefined} />
      </span>
    </div>
  );
});

/** Fades by itself when its time is over; the time is that of its first appearance. */
function Shield({ strong, ms }: { strong: boolean; ms: number }) {
  const [duration] = useState(ms);
  return <span className={styles['shield']} data-strong={strong || undefined} style={{ '--ms': `${duration}ms` }} />;
}
