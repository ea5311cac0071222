import { memo, useState } from 'react';
import type { NodeView } from '../../contracts/match.ts';
import styles from './Board.module.css';

/** Places an element of one tile's size on the board. */
export const at = ({ x, y }: { x: number; y: number }) => ({ '--x': x, '--y': y });

interface NodesProps {
  nodes: readonly NodeView[];
  /** How long until a tick begins, in ms; below 0 when it has. */
  msUntil: (tick: number) => number;
}

/** Parcels: what can be collected. */
export const Nodes = memo(function Nodes({ nodes, msUntil }: NodesProps) {
  return nodes.map((node) => (
    <Parcel
      key={`${node.kind}${node.x},${node.y},${node.fullAtTick}`}
      node={node}
      refillMs={node.fullAtTick === 0 ? 0 : Math.max(msUntil(node.fullAtTick), 0)}
    />
  ));
});

/** One that was taken grows again in its place, in the time that was left when it appeared. */
function Parcel({ node, refillMs }: { node: NodeView; refillMs: number }) {
  const [growing] = useState(refillMs);
  return (
    <div className={styles['tile']} style={at(node)}>
      <svg className={styles['spot']} viewBox="0 0 48 48" aria-hidden="true">
        <path d="M24 8 40 16.5v15L24 40 8 31.5v-15z" />
      </svg>
      <svg
        className={growing > 0 ? styles['growing'] : styles['parcel']}
        style={{ '--ms': `${growing}ms` }}
        data-kind={node.kind}
        viewBox="0 0 48 48"
        aria-hidden="true"
      >
        <path className={styles['box']} d="M24 8 40 16.5v15L24 40 8 31.5v-15z" />
        <path className={styles['lid']} d="M24 8 40 16.5 24 25 8 16.5z" />
        <path className={styles['string']} d="M24 25v15M16 12.2l16 8.6v15M32 12.2l-16 8.6v15" />
        {node.kind === 'drop' && <circle className={styles['mark']} cx="24" cy="16.5" r="4" />}
      </svg>
    </div>
  );
}
