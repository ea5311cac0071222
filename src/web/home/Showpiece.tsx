import type { NodeView } from '../../contracts/match.ts';
import { Ground } from '../board/Ground.tsx';
import { Nodes } from '../board/Nodes.tsx';
import { Piece } from '../ui/Piece.tsx';
import styles from './Home.module.css';

const walls = [
  { x: 1, y: 1 },
  { x: 4, y: 1 },
  { x: 1, y: 4 },
  { x: 4, y: 4 },
];
const parcels: readonly NodeView[] = [
  { x: 2, y: 0, kind: 'node', amount: null, fullAtTick: 0 },
  { x: 1, y: 3, kind: 'node', amount: null, fullAtTick: 0 },
  { x: 5, y: 5, kind: 'node', amount: null, fullAtTick: 0 },
];
const pieces = [
  { seat: 0, x: 2, y: 2, look: 'east' },
  { seat: 1, x: 3, y: 2, look: 'west' },
  { seat: 2, x: 5, y: 0, look: 'south' },
  { seat: 3, x: 0, y: 3, look: 'east' },
  { seat: 4, x: 3, y: 5, look: 'north' },
  { seat: 5, x: 5, y: 3, look: 'west' },
] as const;

/** A corner of the arena, for show. */
export function Showpiece() {
  return (
    <div className={styles['show']} aria-hidden="true">
      <div className={styles['sheet']} style={{ '--size': 6 }}>
        <Ground size={6} walls={walls} />
        <Nodes nodes={parcels} msUntil={() => 0} />
        {pieces.map(({ seat, x, y, look }) => (
          <span key={seat} className={styles['token']} style={{ '--x': x, '--y': y, '--nth': seat }}>
            <Piece seat={seat} look={look} />
          </span>
        ))}
        <span className={styles['blow']}>−40</span>
      </div>
    </div>
  );
}
