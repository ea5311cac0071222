'use client';

import { useEffect } from 'react';
import type { LobbyPlayer } from '../../contracts/match.ts';
import { clock } from '../ui/format.ts';
import { Icon } from '../ui/Icon.tsx';
import { Piece } from '../ui/Piece.tsx';
import styles from './Replay.module.css';
import { jump, leadTicks } from './timeline.ts';
import type { Timeline } from './timeline.ts';
import { speeds } from './usePlayback.ts';
import type { Playback, Speed } from './usePlayback.ts';

interface TransportProps {
  playback: Playback;
  timeline: Timeline;
  cast: readonly LobbyPlayer[];
}

const skipMs = 5_000;

/** Play, pause, scrub, speed, and the way from fall to fall; by keyboard as well. */
export function Transport({ playback, timeline, cast }: TransportProps) {
  const { tick, playing, speed, toggle, seek, setSpeed } = playback;
  const { endTick, tickMs, falls } = timeline;
  const time = (at: number) => clock((at * tickMs) / 1000);
  const before = jump(timeline, tick, true);
  const after = jump(timeline, tick, false);
  useReplayKeys(playback, timeline);
  const name = (playerId: string) => cast.find((player) => player.playerId === playerId)?.username ?? 'somebody';
  const seat = (playerId: string) => cast.findIndex((player) => player.playerId === playerId);

  return (
    <div className={styles['transport']} role="group" aria-label="Playback">
      <div className={styles['track']} style={{ '--played': endTick === 0 ? 0 : tick / endTick }}>
        <ul className={styles['falls']} aria-label="Eliminations">
          {falls.map((fall) => (
            <li key={fall.playerId} style={{ '--at': fall.tick / Math.max(endTick, 1) }}>
              <button
                type="button"
                onClick={() => seek(fall.tick - leadTicks)}
                aria-label={`${name(fall.killerId)} puts ${name(fall.playerId)} out at ${time(fall.tick)}`}
              >
                <Piece seat={seat(fall.playerId)} out />
              </button>
            </li>
          ))}
        </ul>
        <input
          type="range"
          aria-label="Moment"
          aria-valuetext={`${time(tick)} of ${time(endTick)}`}
          min={0}
          max={endTick}
          step={1}
          value={tick}
          onChange={({ target }) => seek(Number(target.value))}
        />
      </div>
      <div className={styles['buttons']}>
        <p className={styles['time']}>
          <strong>{time(tick)}</strong> / {time(endTick)}
        </p>
        <div className={styles['deck']}>
          <button
            type="button"
            className={styles['round']}
            data-back
            aria-label="Elimination before"
            aria-keyshortcuts="P"
            disabled={before === null}
            onClick={() => seek(before ?? 0)}
          >
            <Icon name="skip" />
          </button>
          <button
            type="button"
            className={styles['play']}
            aria-label={playing ? 'Pause' : 'Play'}
            aria-keyshortcuts="Space"
            onClick={toggle}
          >
            <Icon name={playing ? 'pause' : 'play'} size={26} />
          </button>
          <button
            type="button"
            className={styles['round']}
            aria-label="Next elimination"
            aria-keyshortcuts="N"
            disabled={after === null}
            onClick={() => seek(after ?? endTick)}
          >
            <Icon name="skip" />
          </button>
        </div>
        <div className={styles['speeds']} role="group" aria-label="Speed">
          {speeds.map((one) => (
            <button key={one} type="button" aria-pressed={one === speed} onClick={() => setSpeed(one)}>
              {one}×
            </button>
          ))}
        </div>
      </div>
    </div>
  );
}

const speedKeys: Partial<Record<string, Speed>> = { Digit1: 1, Digit2: 2, Digit3: 3, Digit4: 4 };

function useReplayKeys({ tick, toggle, seek, setSpeed }: Playback, timeline: Timeline): void {
  useEffect(() => {
    const skip = skipMs / timeline.tickMs;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const { target } = event;
      const onField = target instanceof Element && target.closest('input, [popover]') !== null;
      const onControl = target instanceof Element && target.closest('a, button') !== null;
      const fast = speedKeys[event.code];
      if (fast !== undefined) setSpeed(fast);
      else if (event.code === 'KeyK' || (event.code === 'Space' && !onControl)) toggle();
      else if (event.code === 'KeyN') seek(jump(timeline, tick, false) ?? tick);
      else if (event.code === 'KeyP') seek(jump(timeline, tick, true) ?? tick);
      else if (onField) return;
      else if (event.code === 'ArrowLeft') seek(tick - skip);
      else if (event.code === 'ArrowRight') seek(tick + skip);
      else if (event.code === 'Home') seek(0);
      else if (event.code === 'End') seek(timeline.endTick);
      else return;
      event.preventDefault();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [tick, toggle, seek, setSpeed, timeline]);
}
