import { memo } from 'react';
import type { Position } from '../../contracts/match.ts';
import styles from './Board.module.css';

/** The sheet of stamps that a match is played on, with its perforation; walls are stamps that were cancelled for good. */
export const Ground = memo(function Ground({ size, walls }: { size: number; walls: readonly Position[] }) {
  const side = size * 100;
  const lines = Array.from({ length: size + 1 }, (_, i) => i * 100);
  return (
    <svg className={styles['ground']} viewBox={`0 0 ${side} ${side}`} aria-hidden="true">
      <rect className={styles['sheet']} width={side} height={side} />
      {lines
        .slice(0, -1)
        .map((y) =>
          lines
            .slice(0, -1)
            .map((x) => (
              <rect key={`${x},${y}`} className={styles['frame']} x={x + 11} y={y + 11} width="78" height="78" />
            )),
        )}
      {walls.map(({ x, y }) => (
        <g key={`${x},${y}`} transform={`translate(${x * 100} ${y * 100})`}>
          <rect className={styles['wall']} x="5" y="5" width="90" height="90" rx="4" />
          <path
            className={styles['waves']}
            d="M12 26c13-12 25 12 38 0s25 12 38 0M12 50c13-12 25 12 38 0s25 12 38 0M12 74c13-12 25 12 38 0s25 12 38 0"
          />
        </g>
      ))}
      <path className={styles['holes']} d={lines.map((at) => `M0 ${at}H${side}M${at} 0V${side}`).join('')} />
    </svg>
  );
});
