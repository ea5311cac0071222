'use client';

import { useCallback, useEffect, useMemo, useState } from 'react';
import type { PlayerId } from '../../contracts/ids.ts';
import type { MatchView } from '../../contracts/match.ts';
import { Board } from '../board/Board.tsx';
import { Actions } from './Actions.tsx';
import { Announcer } from './Announcer.tsx';
import styles from './Match.module.css';
import { msUntilTick, tickOf, useMoments, useSecondsLeft } from './clock.ts';
import { DirectionPad } from './DirectionPad.tsx';
import { Feed } from './Feed.tsx';
import { Hints } from './Hints.tsx';
import { SealButton } from './SealButton.tsx';
import { targetsInReach } from './pace.ts';
import { Players } from './Players.tsx';
import { Timer } from './Timer.tsx';
import { useControls } from './useControls.ts';
import type { LiveMatch } from './useMatch.ts';
import { useStamps } from './useStamps.ts';
import { usePlayerInput } from './usePlayerInput.ts';
import { useSounds } from './useSounds.ts';

interface MatchScreenProps {
  live: LiveMatch;
  match: MatchView;
  board: NonNullable<MatchView['board']>;
  myId: PlayerId;
}

/** A running match: to play, or for the eliminated to watch. */
export function MatchScreen({ live, match, board, myId }: MatchScreenProps) {
  const { model } = live;
  const { stamps, act } = useStamps(live.act);
  const [hands, controls] = useControls({ model, act }, myId);
  const [chosen, aim] = useState<PlayerId | null>(null);
  const self = board.players.find((player) => player.playerId === myId);
  const me = self?.alive === true ? self : undefined;
  const tick = tickOf(model);

  const inReach = me === undefined ? [] : targetsInReach(board, me, tick);
  const aimedAt = (inReach.find((player) => player.playerId === chosen) ?? inReach[0])?.playerId ?? null;
  const input = usePlayerInput({ controls, model, myId, aimedAt, aim, stamps });
  const secondsLeft = useSecondsLeft(match.endsAt, model.clockOffset);
  useSounds(model.log, secondsLeft);

  const { clockOffset } = model;
  const { startedAt } = match;
  const msUntil = useCallback(
    (at: number) => msUntilTick({ startedAt, clockOffset, tickMs: board.tickMs }, at),
    [startedAt, clockOffset, board.tickMs],
  );
  // Parcels fill and shields end without a message: what may be done then is shown then.
  const moments = useMemo(() => {
    const ticks = [...board.nodes.map((node) => node.fullAtTick), ...board.players.map((p) => p.shieldUntilTick)];
    return ticks.flatMap((at) => (at > 0 ? Date.now() + msUntil(at) : []));
  }, [board, msUntil]);
  useMoments(moments);

  useEffect(() => {
    const { dataset } = document.documentElement;
    dataset['playing'] = 'true';
    return () => {
      delete dataset['playing'];
    };
  }, []);

  return (
    <main className={styles['arena']}>
      <h1 className="sr-only">Match</h1>
      <Timer seconds={secondsLeft} link={live.link} />
      <Players board={board} myId={myId} />
      <div className={styles['center']}>
        <Board
          board={board}
          log={model.log}
          me={me}
          hands={hands}
          aimedAt={aimedAt}
          tick={tick}
          msUntil={msUntil}
          urgent={secondsLeft !== null && secondsLeft <= 10}
          press={input.press}
        />
      </div>
      <div className={styles['controls']}>
        {me === undefined ? (
          <p className={styles['watching']}>
            {self === undefined
              ? 'You are watching this match.'
              : 'You are out. What you kept is yours; watch how it ends.'}
          </p>
        ) : (
          <>
            <Hints log={model.log} myId={myId} hands={hands} stamps={stamps} />
            <DirectionPad input={input} />
            <Actions input={input} hands={hands} me={me} board={board} tick={tick} inReach={inReach}>
              <SealButton stamps={stamps} sealing={hands.sealing} seal={input.seal} />
            </Actions>
          </>
        )}
      </div>
      <Feed log={model.log} cast={match.players} myId={myId} />
      <Announcer log={model.log} cast={match.players} myId={myId} health={self?.hp} />
    </main>
  );
}
