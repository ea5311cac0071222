import { useState } from 'react';
import type { BoardView } from '../../contracts/match.ts';
import type { LogEntry } from '../match/view.ts';
import { Seal } from '../ui/Seal.tsx';
import styles from './Board.module.css';
import { at } from './Nodes.tsx';

interface Effect {
  id: number;
  playerId: string;
  text: string;
  tone: 'damage' | 'critical' | 'absorbed' | 'gain' | 'out';
  sealed: boolean;
}

/** What of a log entry is written over the board, and over whom. */
function effectOf({ id, happening }: LogEntry): Effect | null {
  if (happening.name === 'match.player_eliminated') {
    return { id, playerId: happening.body.playerId, text: 'OUT', tone: 'out', sealed: false };
  }
  if (happening.name !== 'match.action') return null;
  const { body } = happening;
  const { sealed } = body;
  switch (body.type) {
    case 'PlayerAttacked': {
      const tone = body.damage === 0 ? 'absorbed' : body.critical ? 'critical' : 'damage';
      const text = body.damage === 0 ? 'blocked' : `−${body.damage}`;
      return { id, playerId: body.targetId, text, tone, sealed };
    }
    case 'ResourceCollected':
      return { id, playerId: body.playerId, text: `+${body.amount}`, tone: 'gain', sealed };
    case 'PlayerMoved':
    case 'PlayerDefended':
      return sealed ? { id, playerId: body.playerId, text: '', tone: 'gain', sealed } : null;
  }
}

/** Numbers and seals that rise from the board and fade; the feed says the same in words. */
export function Effects({ log, board }: { log: readonly LogEntry[]; board: BoardView }) {
  // What was in the log when the board came up has been seen, or was missed; it is not shown again.
  const [since] = useState(() => log.at(-1)?.id ?? 0);
  const recent = log.slice(-12).flatMap((entry) => (entry.id > since ? (effectOf(entry) ?? []) : []));
  return recent.map((effect) => <Rising key={effect.id} effect={effect} board={board} />);
}

function Rising({ effect, board }: { effect: Effect; board: BoardView }) {
  // It stays where it happened, though the player moves on.
  const [place] = useState(() => board.players.find((player) => player.playerId === effect.playerId));
  if (place === undefined) return null;
  return (
    <div className={styles['tile']} style={at(place)} aria-hidden="true">
      {effect.sealed && (
        <span className={styles['sealed']}>
          <Seal />
        </span>
      )}
      <span className={styles['rising']} data-tone={effect.tone}>
        {effect.text}
      </span>
    </div>
  );
}
