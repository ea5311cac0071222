import { useCallback, useMemo } from 'react';
import type { MouseEvent, PointerEvent } from 'react';
import type { PlayerId } from '../../contracts/ids.ts';
import type { BoardView, PlayerView } from '../../contracts/match.ts';
import type { Hands } from '../match/controls.ts';
import { allowed, landing } from '../match/pace.ts';
import type { LogEntry } from '../match/view.ts';
import styles from './Board.module.css';
import { Effects } from './Effects.tsx';
import { gestures, sealedShields } from './gestures.ts';
import { Ground } from './Ground.tsx';
import { Nodes, at } from './Nodes.tsx';
import { Player } from './Player.tsx';

interface BoardProps {
  board: BoardView;
  log: readonly LogEntry[];
  me: PlayerView | undefined;
  hands: Hands;
  /** Who the attack button would hit. */
  aimedAt: PlayerId | null;
  tick: number;
  msUntil: (tick: number) => number;
  urgent: boolean;
  /** A tile was pressed. */
  press: (tile: { x: number; y: number }) => void;
}

/** The arena. Who plays by pointer presses tiles; legal ones glow and are buttons for assistive technology as well. */
export function Board({ board, log, me, hands, aimedAt, tick, msUntil, urgent, press }: BoardProps) {
  const size = board.gridSize;
  const may = me === undefined ? null : allowed(board, me, tick, hands.sealing);
  const moves = useMemo(() => gestures(log, board.players), [log, board.players]);
  const strong = useMemo(() => sealedShields(log), [log]);

  const onPointerDown = useCallback(
    (event: PointerEvent<HTMLDivElement>) => {
      if (event.button !== 0) return;
      const box = event.currentTarget.getBoundingClientRect();
      const x = Math.floor(((event.clientX - box.left) / box.width) * size);
      const y = Math.floor(((event.clientY - box.top) / box.height) * size);
      press({ x, y });
    },
    [press, size],
  );
  // A click without a pointer comes from assistive technology; the others were dealt with when the pointer went down.
  const onClick = (tile: { x: number; y: number }) => (event: MouseEvent) => {
    if (event.detail === 0) press(tile);
  };

  return (
    <div
      className={styles['board']}
      style={{ '--size': size }}
      data-urgent={urgent || undefined}
      data-sealing={hands.sealing || undefined}
      data-played={me !== undefined || undefined}
      data-testid="board"
      role="group"
      aria-label={me === undefined ? 'Arena' : `Arena. You are at ${place(me)}.`}
      onPointerDown={onPointerDown}
    >
      <Ground size={size} walls={board.walls} />
      {me !== undefined &&
        may?.directions.map((direction) => {
          const tile = landing(board, me, direction, hands.sealing);
          return (
            <button
              key={direction}
              type="button"
              tabIndex={-1}
              className={styles['legal']}
              style={at(tile)}
              onClick={onClick(tile)}
              aria-label={`Move ${direction} to ${place(tile)}`}
            />
          );
        })}
      <Nodes nodes={board.nodes} msUntil={msUntil} />
      {board.players.map((player) => {
        if (!player.alive) return null;
        const mine = player.playerId === me?.playerId;
        return (
          <Player
            key={player.playerId}
            player={player}
            maxHp={board.maxHp}
            mine={mine}
            intent={mine ? hands.intent : null}
            aimed={player.playerId === aimedAt && (may?.targets.length ?? 0) > 1}
            gesture={moves.get(player.playerId)}
            strong={strong.has(player.playerId)}
            shieldMs={player.shield > 0 ? Math.max(msUntil(player.shieldUntilTick), 0) : 0}
          />
        );
      })}
      {board.players.map((player) =>
        may?.targets.includes(player.playerId) === true ? (
          <button
            key={player.playerId}
            type="button"
            tabIndex={-1}
            className={styles['target']}
            style={at(player)}
            onClick={onClick(player)}
            aria-label={`Attack ${player.username}, ${player.hp} health`}
          />
        ) : null,
      )}
      <Effects log={log} board={board} />
    </div>
  );
}

const place = ({ x, y }: { x: number; y: number }) => `column ${x + 1}, row ${y + 1}`;
