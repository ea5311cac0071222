'use client';

import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useEffect, useState } from 'react';
import { routes } from '../../contracts/routes.ts';
import { playAsGuest, useAccount } from '../session/account.ts';
import { call } from '../session/client.ts';
import { explain } from '../session/failure.ts';
import { Icon } from '../ui/Icon.tsx';
import { Basics } from './Basics.tsx';
import styles from './Home.module.css';
import { Showpiece } from './Showpiece.tsx';

/** The front page: what this is in one line, and the way in. */
export function Home() {
  return (
    <main className={styles['home']}>
      <section className={styles['hero']}>
        <div className={styles['words']}>
          <h1>
            Every move
            <br />
            lands. <em>Once.</em>
          </h1>
          <p className={styles['lead']}>
            An arena for two to six on a sheet of a hundred stamps. Collect parcels, corner your rivals, be the last one
            not cancelled. Five minutes at most.
          </p>
          <WayIn />
        </div>
        <Showpiece />
      </section>
      <Basics />
    </main>
  );
}

function WayIn() {
  const account = useAccount();
  const router = useRouter();
  const running = useRunningMatch(account?.playerId);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const guest = () => {
    setBusy(true);
    playAsGuest()
      .then(() => router.push('/play'))
      .catch((failure: unknown) => {
        setProblem(explain(failure));
        setBusy(false);
      });
  };

  return (
    <div className={styles['wayIn']} data-pending={account === undefined || undefined}>
      {account ? (
        <Link className={styles['play']} href={running === null ? '/play' : `/match/${running}`}>
          <Icon name="play" /> {running === null ? 'Play' : 'Back to your match'}
        </Link>
      ) : (
        <button className={styles['play']} type="button" onClick={guest} disabled={busy}>
          <Icon name="play" /> Play as a guest
        </button>
      )}
      {account ? (
        <p className={styles['welcome']}>
          {account.guest ? (
            <>
              You are <strong>{account.username}</strong>, a guest.{' '}
              <Link href="/account">Register to keep your player.</Link>
            </>
          ) : (
            <>
              Good to see you, <strong>{account.username}</strong>.
            </>
          )}
        </p>
      ) : (
        <p className={styles['welcome']}>
          No form, one click. Or <Link href="/sign-in">sign in</Link>, or{' '}
          <Link href="/sign-in?new">open an account</Link>.
        </p>
      )}
      {problem !== null && (
        <p className={styles['problem']} role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

/** The match that the player left and can come back to; null for none, or none known. */
function useRunningMatch(playerId: string | undefined): string | null {
  const [running, setRunning] = useState<string | null>(null);
  useEffect(() => {
    if (playerId === undefined) return;
    let gone = false;
    call(routes.listMatches, { query: { page: 1, limit: 1 } })
      .then(({ items: [last] }) => {
        if (!gone) setRunning(last?.status === 'RUNNING' || last?.status === 'PENDING' ? last.matchId : null);
      })
      // Without an answer the button says Play, which leads back to a running match just as well.
      .catch(() => undefined);
    return () => {
      gone = true;
    };
  }, [playerId]);
  return running;
}
