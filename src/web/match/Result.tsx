'use client';

import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useEffect, useRef } from 'react';
import type { MatchResult, MatchView } from '../../contracts/match.ts';
import { sound } from '../sound/mute.ts';
import { Cancellation } from '../ui/Cancellation.tsx';
import { Icon } from '../ui/Icon.tsx';
import { Piece } from '../ui/Piece.tsx';
import styles from './Result.module.css';
import { Reward } from './Reward.tsx';

/** So long after the end, keys that were still meant for the match do nothing. */
const settleMs = 900;

interface Verdict {
  title: string;
  line: string;
  mark: string;
}

function verdict({ winners, draw, reason, scores }: MatchResult, myId: string): Verdict {
  const own = scores.find((score) => score.playerId === myId);
  const won = winners.some((winner) => winner === myId);
  const names = scores.filter(({ outcome }) => outcome === 'WINNER').map(({ username }) => username);
  const last = reason === 'LAST_ALIVE';
  const how = last ? 'the last one standing' : 'the best score when time ran out';
  if (draw) {
    const line = `${names.join(' and ')} share the win: same score, same health.`;
    return { title: won ? 'A draw' : 'Draw', line, mark: 'DRAW' };
  }
  if (won) return { title: 'You won', line: `You ${last ? 'were' : 'had'} ${how}.`, mark: 'WINNER' };
  const winner = `${names[0] ?? 'Nobody'} ${last ? 'was' : 'had'} ${how}.`;
  if (own === undefined) return { title: 'It is over', line: winner, mark: 'FINAL' };
  return own.outcome === 'ELIMINATED'
    ? { title: 'You fell', line: winner, mark: 'RETURNED' }
    : { title: 'You survived', line: winner, mark: 'DELIVERED' };
}

/** How a match ended. `fresh`: it was played to here on this page, so Enter plays again and a win is heard. */
export function Result({
  match,
  result,
  myId,
  fresh,
}: {
  match: MatchView;
  result: MatchResult;
  myId: string;
  fresh: boolean;
}) {
  const router = useRouter();
  const heading = useRef<HTMLHeadingElement>(null);
  const { title, line, mark } = verdict(result, myId);
  const won = result.winners.some((winner) => winner === myId);
  const own = result.scores.find((score) => score.playerId === myId);
  useEffect(() => {
    if (!fresh) return;
    heading.current?.focus();
    if (won) sound('win');
    const from = performance.now() + settleMs;
    const onKeyDown = (event: KeyboardEvent) => {
      const onLink = event.target instanceof Element && event.target.closest('a, button') !== null;
      if (event.key === 'Enter' && !event.repeat && !onLink && performance.now() > from) router.push('/play');
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [fresh, won, router]);

  const seatOf = (playerId: string) => match.board?.players.find((player) => player.playerId === playerId)?.seat ?? 0;
  return (
    <main className={styles['result']}>
      <header className={styles['head']} data-won={won || undefined}>
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          <p>{line}</p>
        </div>
        <span className={styles['mark']}>
          <Cancellation text={mark} date={match.finishedAt} />
        </span>
      </header>
      {own !== undefined && <Reward match={match} own={own} fresh={fresh} />}
      <ol className={styles['scores']} aria-label="Final scores">
        {result.scores.map((score) => (
          <li
            key={score.playerId}
            className={styles['row']}
            data-seat={seatOf(score.playerId)}
            data-outcome={score.outcome}
            data-mine={score.playerId === myId || undefined}
          >
            <span className={styles['portrait']}>
              <Piece seat={seatOf(score.playerId)} out={score.outcome === 'ELIMINATED'} />
            </span>
            <span className={styles['who']}>
              <span className={styles['name']}>{score.username}</span>
              <span className={styles['outcome']}>
                {outcomes[score.outcome]}
                {score.playerId === myId && ' · you'}
                {score.bot && ' · bot'}
              </span>
            </span>
            <span className={styles['fact']}>
              {score.hp} <small>health</small>
            </span>
            <span className={styles['fact']}>
              {score.resources} <small>resources</small>
            </span>
            <span className={styles['score']}>
              {score.score} <span className="sr-only">points</span>
            </span>
          </li>
        ))}
      </ol>
      <nav className={styles['next']} aria-label="Next">
        <Link className={styles['again']} href="/play">
          <Icon name="play" /> Play again {fresh && <kbd>Enter</kbd>}
        </Link>
        <Link href={`/replay/${match.matchId}`}>Watch the replay</Link>
        <Link href="/market">To the market</Link>
        <Link href="/matches">All my matches</Link>
      </nav>
    </main>
  );
}

const outcomes = { WINNER: 'Winner', SURVIVOR: 'Survived', ELIMINATED: 'Out' } as const;
