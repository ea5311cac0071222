'use client';

import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { PlayerId } from '../../contracts/ids.ts';
import { tickOf } from './clock.ts';
import { createControls, idleHands } from './controls.ts';
import type { Controls, Hands } from './controls.ts';
import type { LiveMatch } from './useMatch.ts';

/** The player's hands in a live match; for who watches they stay idle. */
export function useControls({ model, act }: Pick<LiveMatch, 'model' | 'act'>, playerId: PlayerId): [Hands, Controls] {
  const latest = useRef(model);
  const controls = useMemo(
    () =>
      createControls({
        act,
        now: Date.now,
        look: () => {
          const { match } = latest.current;
          const me = match?.board?.players.find((player) => player.playerId === playerId);
          if (match?.status !== 'RUNNING' || match.board === null || me?.alive !== true) return null;
          return { board: match.board, me, tick: tickOf(latest.current), seq: match.seq };
        },
      }),
    [act, playerId],
  );
  useEffect(() => {
    const before = latest.current;
    latest.current = model;
    const board = model.match?.board;
    const me = board?.players.find((player) => player.playerId === playerId);
    // A state that the server sent, on a reconnect say, also has the pace; what follows from messages is counted here.
    if (board && me && before.clockOffset !== model.clockOffset) {
      const start = Date.parse(model.match?.startedAt ?? '') - model.clockOffset;
      const at = (tick: number) => (tick === 0 ? 0 : start + tick * board.tickMs);
      const { move, attack, defend, collect } = me.readyAtTick;
      controls.setPace({ move: at(move), attack: at(attack), defend: at(defend), collect: at(collect) });
    }
    controls.caughtUp();
  }, [model, controls, playerId]);
  useEffect(() => () => controls.close(), [controls]);
  const hands = useSyncExternalStore(controls.subscribe, controls.hands, () => idleHands);
  return [hands, controls];
}
