'use client';

import { useCallback } from 'react';
import type { MatchReplay } from '../../contracts/replay.ts';
import { Board } from '../board/Board.tsx';
import { idleHands } from '../match/controls.ts';
import { Feed } from '../match/Feed.tsx';
import { Players } from '../match/Players.tsx';
import { useSounds } from '../match/useSounds.ts';
import type { LogEntry } from '../match/view.ts';
import { clock, dayAndTime, list } from '../ui/format.ts';
import styles from './Replay.module.css';
import { Share } from './Share.tsx';
import { frameAt } from './timeline.ts';
import type { Timeline } from './timeline.ts';
import { Transport } from './Transport.tsx';
import { usePlayback } from './usePlayback.ts';

interface ReplayScreenProps {
  replay: MatchReplay;
  timeline: Timeline;
  myId: string;
}

const nothing = () => undefined;

/** A match as a film: the board as it was, and what plays it. */
export function ReplayScreen({ replay: { match }, timeline, myId }: ReplayScreenProps) {
  const { tickMs, endTick } = timeline;
  const playback = usePlayback(endTick, tickMs);
  const { tick, playing, speed, epoch } = playback;
  const model = frameAt(timeline, tick)?.model;
  const board = model?.match?.board;
  const msUntil = useCallback((at: number) => ((at - tick) * tickMs) / speed, [tick, tickMs, speed]);
  if (model === undefined || !board) return null;

  const winners = match.result?.scores.filter(({ outcome }) => outcome === 'WINNER').map(({ username }) => username);
  const ended = tick >= endTick && winners !== undefined;
  return (
    <main className={styles['replay']}>
      <header className={styles['head']}>
        <h1>Replay</h1>
        <p>
          {list(match.players.map(({ username }) => username))}
          {match.startedAt !== null && <>, {dayAndTime(match.startedAt)}</>}
        </p>
        <Share />
      </header>
      <Players board={board} myId={myId} />
      <div className={styles['stage']} data-paused={!playing || undefined}>
        <Board
          key={epoch}
          board={board}
          log={model.log}
          me={undefined}
          hands={idleHands}
          aimedAt={null}
          tick={tick}
          msUntil={msUntil}
          urgent={false}
          press={nothing}
        />
        {playing && <Sounds key={`${epoch} sounds`} log={model.log} />}
      </div>
      <div className={styles['controls']}>
        <Transport playback={playback} timeline={timeline} cast={match.players} />
        <p className={styles['verdict']} role="status">
          {ended
            ? `${list(winners)} ${winners.length === 1 ? 'won' : 'shared the win'} after ${clock((endTick * tickMs) / 1000)}.`
            : ''}
        </p>
      </div>
      <Feed log={model.log} cast={match.players} myId={myId} />
    </main>
  );
}

/** Starts anew with each jump, so that what was skipped is not heard. */
function Sounds({ log }: { log: readonly LogEntry[] }) {
  useSounds(log, null);
  return null;
}
