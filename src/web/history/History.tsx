'use client';

import Link from 'next/link';
import { useEffect, useState } from 'react';
import type { MatchHistory, MatchSummary } from '../../contracts/api.ts';
import { routes } from '../../contracts/routes.ts';
import { useAccount } from '../session/account.ts';
import { call } from '../session/client.ts';
import { explain } from '../session/failure.ts';
import { Announcement } from '../ui/Announcement.tsx';
import styles from './History.module.css';

const perPage = 20;

/** The player's matches, the newest first. */
export function History() {
  const account = useAccount();
  const [page, setPage] = useState(1);
  const [history, setHistory] = useState<MatchHistory | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const playerId = account?.playerId;
  useEffect(() => {
    if (playerId === undefined) return;
    let gone = false;
    call(routes.listMatches, { query: { page, limit: perPage } })
      .then((found) => {
        if (!gone) setHistory(found);
      })
      .catch((failure: unknown) => {
        if (!gone) setProblem(explain(failure));
      });
    return () => {
      gone = true;
    };
  }, [page, playerId]);

  const front = { href: '/', label: 'To the front page' };
  if (account === null)
    return <Announcement title="Nobody is signed in" text="Play as a guest, or sign in." action={front} />;
  if (problem !== null) return <Announcement title="Matches" text={problem} action={front} />;
  if (account === undefined || history === null) return <Announcement title="Looking through the archive" />;
  if (history.total === 0) {
    return (
      <Announcement
        title="No matches yet"
        text="Your first is a click away."
        action={{ href: '/play', label: 'Find a match' }}
      />
    );
  }
  const pages = Math.ceil(history.total / perPage);
  return (
    <main className={styles['history']}>
      <h1>Matches</h1>
      <ol>
        {history.items.map((match) => (
          <Row key={match.matchId} match={match} myId={account.playerId} />
        ))}
      </ol>
      {pages > 1 && (
        <nav className={styles['pages']} aria-label="Pages">
          <button type="button" className={styles['turn']} disabled={page === 1} onClick={() => setPage(page - 1)}>
            Newer
          </button>
          <span>
            {page} of {pages}
          </span>
          <button type="button" className={styles['turn']} disabled={page === pages} onClick={() => setPage(page + 1)}>
            Older
          </button>
        </nav>
      )}
    </main>
  );
}

function Row({ match, myId }: { match: MatchSummary; myId: string }) {
  const { status, outcome, score, players, createdAt, result } = match;
  const rivals = players.filter((player) => player.playerId !== myId).map((player) => player.username);
  const word = wordFor(match);
  return (
    <li className={styles['row']} data-outcome={outcome ?? status}>
      <Link href={`/match/${match.matchId}`} className={styles['link']}>
        <span className={styles['word']}>{word}</span>
        <span className={styles['rivals']}>
          {rivals.length > 0 ? `against ${rivals.join(', ')}` : 'nobody else came'}
        </span>
        <time dateTime={createdAt} className={styles['when']}>
          {when.format(new Date(createdAt))}
          {result !== null && match.startedAt !== null && match.finishedAt !== null && (
            <> · {lasted(match.startedAt, match.finishedAt)}</>
          )}
        </time>
        <span className={styles['score']}>
          {score ?? '–'} <span className="sr-only">points</span>
        </span>
      </Link>
    </li>
  );
}

function wordFor({ status, outcome, result }: MatchSummary): string {
  if (status === 'PENDING') return 'In the lobby';
  if (status === 'RUNNING') return 'Running';
  if (status === 'CANCELLED') return 'Called off';
  if (outcome === 'WINNER') return result?.draw === true ? 'Draw' : 'Won';
  return outcome === 'SURVIVOR' ? 'Survived' : 'Fell';
}

const when = new Intl.DateTimeFormat('en', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

function lasted(from: string, to: string): string {
  const seconds = Math.max(Math.round((Date.parse(to) - Date.parse(from)) / 1000), 0);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} min`;
}
