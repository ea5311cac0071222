import { memo } from 'react';
import type { Direction } from '../../contracts/match.ts';
import styles from './Piece.module.css';

/** One outline a seat, so that nobody is told apart by colour alone; drawn in 48×48. */
const shapes = [
  'M24 6a18 18 0 1 1 0 36 18 18 0 0 1 0-36z',
  'M13 8h22a5 5 0 0 1 5 5v22a5 5 0 0 1-5 5H13a5 5 0 0 1-5-5V13a5 5 0 0 1 5-5z',
  'M20.3 8.2a4.3 4.3 0 0 1 7.4 0l14 25.2a4.3 4.3 0 0 1-3.7 6.4H10a4.3 4.3 0 0 1-3.7-6.4z',
  'M20.8 5.6a4.5 4.5 0 0 1 6.4 0l15.2 15.2a4.5 4.5 0 0 1 0 6.4L27.2 42.4a4.5 4.5 0 0 1-6.4 0L5.6 27.2a4.5 4.5 0 0 1 0-6.4z',
  'M15 7.5a4.5 4.5 0 0 1 3.8-2.1h10.4A4.5 4.5 0 0 1 33 7.5l8.6 14.2a4.5 4.5 0 0 1 0 4.6L33 40.5a4.5 4.5 0 0 1-3.8 2.1H18.8a4.5 4.5 0 0 1-3.8-2.1L6.4 26.3a4.5 4.5 0 0 1 0-4.6z',
  'M24 7.4a9.3 9.3 0 0 1 16.6 7.4 9.3 9.3 0 0 1 0 18.4A9.3 9.3 0 0 1 24 40.6a9.3 9.3 0 0 1-16.6-7.4 9.3 9.3 0 0 1 0-18.4A9.3 9.3 0 0 1 24 7.4z',
];

const gaze: Record<Direction, string> = {
  north: 'translate(0, -2.6px)',
  south: 'translate(0, 2.6px)',
  east: 'translate(2.6px, 0)',
  west: 'translate(-2.6px, 0)',
};

interface PieceProps {
  seat: number;
  /** Where it looks; straight at you without. */
  look?: Direction | undefined;
  out?: boolean;
}

/** A player's piece: a shape with eyes. Decorative; the words beside it say whose it is. */
export const Piece = memo(function Piece({ seat, look, out = false }: PieceProps) {
  // The triangle is broad at the bottom: its face sits lower.
  const drop = seat % shapes.length === 2 ? 5 : 0;
  return (
    <svg className={styles['piece']} viewBox="0 0 48 48" data-seat={seat} aria-hidden="true">
      <path className={styles['body']} d={shapes[seat % shapes.length]} />
      {out ? (
        <path className={styles['crossed']} d={`M14.5 ${19 + drop}l6 6m0-6l-6 6m13-6l6 6m0-6l-6 6`} />
      ) : (
        <g transform={`translate(0 ${drop})`}>
          <ellipse className={styles['white']} cx="18" cy="22" rx="5" ry="6.2" />
          <ellipse className={styles['white']} cx="30" cy="22" rx="5" ry="6.2" />
          <g className={styles['pupils']} style={{ transform: look === undefined ? 'none' : gaze[look] }}>
            <circle cx="18" cy="22.5" r="2.7" />
            <circle cx="30" cy="22.5" r="2.7" />
          </g>
        </g>
      )}
    </svg>
  );
});
