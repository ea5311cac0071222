import { useState } from 'react';
import type { ReactNode } from 'react';
import type { ActionType, BoardView, PlayerView } from '../../contracts/match.ts';
import { options } from '../../rules/options.ts';
import { Icon } from '../ui/Icon.tsx';
import styles from './Controls.module.css';
import type { Hands } from './controls.ts';
import type { PlayerInput } from './usePlayerInput.ts';

interface ActionsProps {
  input: PlayerInput;
  hands: Hands;
  me: PlayerView;
  board: BoardView;
  tick: number;
  /** The rivals who can be hit, the aimed one known by the board's mark. */
  inReach: readonly PlayerView[];
  /** Beside them: what makes the next one more. */
  children: ReactNode;
}

type Deed = Exclude<ActionType, 'move'>;
const deeds: readonly { deed: Deed; name: string; key: string }[] = [
  { deed: 'attack', name: 'Attack', key: '1' },
  { deed: 'defend', name: 'Shield', key: '2' },
  { deed: 'collect', name: 'Collect', key: '3' },
];

/** Attack, shield, collect: with the pace of each, and with why one would do nothing now. */
export function Actions({ input, hands, me, board, tick, inReach, children }: ActionsProps) {
  const may = options(board, me.playerId, tick);
  const possible: Record<Deed, boolean> = {
    attack: inReach.length > 0,
    defend: may.defend,
    collect: may.collect,
  };
  const idle: Record<Deed, string> = { attack: 'no one near', defend: '', collect: 'no parcel' };
  return (
    <div className={styles['actions']} role="group" aria-label="Actions">
      {deeds.map(({ deed, name, key }) => (
        <button
          key={deed}
          type="button"
          data-deed={deed}
          data-possible={possible[deed] || undefined}
          data-kept={hands.kept?.type === deed || undefined}
          data-sending={hands.sending?.type === deed || undefined}
          aria-keyshortcuts={key}
          onPointerDown={(event) => {
            if (event.button !== 0) return;
            event.preventDefault();
            input.deed(deed);
          }}
          onContextMenu={(event) => event.preventDefault()}
          onClick={(event) => {
            if (event.detail === 0) input.deed(deed);
          }}
        >
          <Cooldown key={hands.readyAt[deed]} until={hands.readyAt[deed]} />
          <Icon name={deed} size={28} />
          <span className={styles['label']}>
            {name}
            {!possible[deed] && <span className={styles['why']}>{idle[deed]}</span>}
          </span>
          <kbd aria-hidden="true">{key}</kbd>
        </button>
      ))}
      {children}
    </div>
  );
}

/** Drains over the button for as long as the pace of the game asks. */
function Cooldown({ until }: { until: number }) {
  const [ms] = useState(() => until - Date.now());
  return ms > 0 ? <span className={styles['cooldown']} style={{ '--ms': `${ms}ms` }} /> : null;
}
