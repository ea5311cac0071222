'use client';

import { useCallback, useEffect, useRef } from 'react';
import type { PlayerId } from '../../contracts/ids.ts';
import type { Direction } from '../../contracts/match.ts';
import type { Controls } from './controls.ts';
import { tickOf } from './clock.ts';
import { allowed, neighbour, obvious, targetsInReach, towards } from './pace.ts';
import type { MatchModel } from './view.ts';

export type Deed = 'attack' | 'defend' | 'collect' | 'obvious';

/** What the player's keys, pointers and buttons ask for, as one set of verbs. */
export interface PlayerInput {
  /** Steps towards a side, and again for as long as it is held. */
  hold: (direction: Direction) => void;
  release: (direction?: Direction) => void;
  deed: (deed: Deed) => void;
  press: (tile: { x: number; y: number }) => void;
  /** Aims at the next rival in reach. */
  aimNext: () => void;
  /** Seals the next action, or not after all. */
  seal: () => void;
}

interface InputPorts {
  controls: Controls;
  model: MatchModel;
  myId: PlayerId;
  aimedAt: PlayerId | null;
  aim: (target: PlayerId) => void;
  /** How many the player has; null while it is not known. */
  stamps: number | null;
}

const repeatMs = 50;

const keys: Partial<Record<string, Direction>> = {
  ArrowUp: 'north',
  ArrowDown: 'south',
  ArrowRight: 'east',
  ArrowLeft: 'west',
  KeyW: 'north',
  KeyS: 'south',
  KeyD: 'east',
  KeyA: 'west',
};
const deeds: Partial<Record<string, Deed>> = {
  Space: 'obvious',
  Digit1: 'attack',
  Digit2: 'defend',
  Digit3: 'collect',
};

export function usePlayerInput({ controls, model, myId, aimedAt, aim, stamps }: InputPorts): PlayerInput {
  const latest = useRef({ model, aimedAt, stamps });
  useEffect(() => {
    latest.current = { model, aimedAt, stamps };
  });
  /** The directions that are held, the last one pressed at the end. */
  const held = useRef<Direction[]>([]);
  const timer = useRef<ReturnType<typeof setInterval>>(undefined);

  const look = useCallback(() => {
    const board = latest.current.model.match?.board;
    const me = board?.players.find((player) => player.playerId === myId);
    return board && me ? { board, me, tick: tickOf(latest.current.model) } : null;
  }, [myId]);

  const release = useCallback((direction?: Direction) => {
    held.current = direction === undefined ? [] : held.current.filter((one) => one !== direction);
    if (held.current.length === 0) clearInterval(timer.current);
  }, []);

  const hold = useCallback(
    (direction: Direction) => {
      const seen = look();
      if (seen === null) return;
      release(direction);
      held.current.push(direction);
      controls.want(towards(seen.board, seen.me, direction));
      clearInterval(timer.current);
      timer.current = setInterval(() => {
        const last = held.current.at(-1);
        const now = look();
        const { kept, sending, sealing } = controls.hands();
        if (last === undefined || now === null || kept !== null || sending !== null) return;
        const wish = towards(now.board, now.me, last);
        // A held key against a wall is no new wish to be told about.
        const possible =
          wish.type !== 'move' || allowed(now.board, now.me, now.tick, sealing).directions.includes(last);
        if (possible) controls.want(wish);
      }, repeatMs);
    },
    [controls, look, release],
  );

  const deed = useCallback(
    (what: Deed) => {
      const seen = look();
      if (seen === null) return;
      const { board, me, tick } = seen;
      const target = latest.current.aimedAt;
      if (what === 'obvious') controls.want(obvious(board, me, tick, target));
      else if (what === 'attack')
        controls.want(target === null ? { type: 'attack', targetId: myId } : { type: 'attack', targetId: target });
      else controls.want({ type: what });
    },
    [controls, look, myId],
  );

  const press = useCallback(
    (tile: { x: number; y: number }) => {
      const seen = look();
      if (seen === null) return;
      const { board, me, tick } = seen;
      const dx = tile.x - me.x;
      const dy = tile.y - me.y;
      const rival = board.players.find((player) => player.alive && player.x === tile.x && player.y === tile.y);
      if (dx === 0 && dy === 0)
        controls.want(allowed(board, me, tick, false).collect ? { type: 'collect' } : { type: 'defend' });
      else if (rival !== undefined && Math.max(Math.abs(dx), Math.abs(dy)) <= 1) {
        aim(rival.playerId);
        controls.want({ type: 'attack', targetId: rival.playerId });
      } else {
        // Further away: a step in its direction, the longer way first.
        const across: Direction = dx > 0 ? 'east' : 'west';
        const along: Direction = dy > 0 ? 'south' : 'north';
        const ways = Math.abs(dx) >= Math.abs(dy) ? [across, along] : [along, across];
        const free = allowed(board, me, tick, controls.hands().sealing).directions;
        const helps = (way: Direction) => (neighbour(me, way).x !== me.x ? dx !== 0 : dy !== 0);
        const way = ways.find((one) => helps(one) && free.includes(one)) ?? ways[0] ?? across;
        controls.want({ type: 'move', direction: way });
      }
    },
    [aim, controls, look],
  );

  const aimNext = useCallback(() => {
    const seen = look();
    if (seen === null) return;
    const targets = targetsInReach(seen.board, seen.me, seen.tick);
    const next =
      targets[(targets.findIndex((player) => player.playerId === latest.current.aimedAt) + 1) % targets.length];
    if (next !== undefined) aim(next.playerId);
  }, [aim, look]);

  const seal = useCallback(() => controls.toggleSeal(latest.current.stamps), [controls]);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const onControl =
        event.target instanceof Element && event.target.closest('a, button, input, select, textarea') !== null;
      const direction = keys[event.code];
      const what = deeds[event.code];
      if (direction !== undefined) {
        event.preventDefault();
        if (!event.repeat) hold(direction);
      } else if (what !== undefined && !(onControl && event.code === 'Space')) {
        event.preventDefault();
        if (!event.repeat) deed(what);
      } else if (event.code === 'KeyE' || event.code === 'KeyQ') aimNext();
      else if (event.code === 'Digit4' && !event.repeat) seal();
    };
    const onKeyUp = (event: KeyboardEvent) => {
      const direction = keys[event.code];
      if (direction !== undefined) release(direction);
    };
    // A key that is let go in another window is never told of here.
    const onBlur = () => release();
    window.addEventListener('keydown', onKeyDown);
    window.addEventListener('keyup', onKeyUp);
    window.addEventListener('blur', onBlur);
    return () => {
      onBlur();
      window.removeEventListener('keydown', onKeyDown);
      window.removeEventListener('keyup', onKeyUp);
      window.removeEventListener('blur', onBlur);
    };
  }, [hold, release, deed, aimNext, seal]);

  return { hold, release, deed, press, aimNext, seal };
}
