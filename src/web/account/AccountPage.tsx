'use client';

import Link from 'next/link';
import { useState } from 'react';
import { register, signOut } from '../session/account.ts';
import type { Account } from '../session/sessions.ts';
import { SignedIn } from '../session/SignedIn.tsx';
import { Piece } from '../ui/Piece.tsx';
import { seatOf } from '../ui/seat.ts';
import { SoundToggle, ThemeToggle } from '../ui/toggles.tsx';
import styles from './Account.module.css';
import { CredentialsForm } from './CredentialsForm.tsx';

/** Who the player is, and how to stay so. */
export function AccountPage() {
  return <SignedIn>{(account) => <Identity account={account} />}</SignedIn>;
}

function Identity({ account }: { account: Account }) {
  const [kept, setKept] = useState(false);
  const [leaving, setLeaving] = useState(false);
  return (
    <main className={styles['page']}>
      <section className={styles['letter']}>
        <div className={styles['identity']}>
          <span className={styles['portrait']} data-seat={seatOf(account.playerId)}>
            <Piece seat={seatOf(account.playerId)} />
          </span>
          <div>
            <h1>{account.username}</h1>
            <p>{account.guest ? 'Guest' : 'Registered player'}</p>
          </div>
        </div>
        {account.guest && (
          <>
            <h2>Keep this player</h2>
            <p className={styles['note']}>
              A guest lives in this browser alone. With a name and a password all that it has stays yours, everywhere.
            </p>
            <CredentialsForm
              label="Keep my player"
              fresh
              submit={async (credentials) => {
                await register(credentials);
                setKept(true);
              }}
            />
          </>
        )}
        {kept && (
          <p className={styles['done']} role="status">
            Done. You are {account.username} from now on.
          </p>
        )}
        <p className={styles['ways']}>
          <Link href="/wallet">My wallet</Link>
          <Link href="/matches">My matches</Link>
        </p>
        <div className={styles['device']}>
          <h2>This device</h2>
          <SoundToggle />
          <ThemeToggle />
        </div>
        {leaving && account.guest ? (
          <div className={styles['confirm']} role="alert">
            <p>Signing out ends this guest for good.</p>
            <button type="button" className={styles['quiet']} onClick={() => void signOut()}>
              Sign out and lose it
            </button>
            <button type="button" className={styles['quiet']} onClick={() => setLeaving(false)}>
              Stay
            </button>
          </div>
        ) : (
          <button
            type="button"
            className={styles['quiet']}
            onClick={() => (account.guest ? setLeaving(true) : void signOut())}
          >
            Sign out
          </button>
        )}
      </section>
    </main>
  );
}
