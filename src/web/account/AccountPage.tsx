'use client';

import Link from 'next/link';
import { useState } from 'react';
import { register, signOut, useAccount } from '../session/account.ts';
import { Announcement } from '../ui/Announcement.tsx';
import { Piece } from '../ui/Piece.tsx';
import styles from './Account.module.css';
import { CredentialsForm } from './CredentialsForm.tsx';

export function AccountPage() {
  const account = useAccount();
  const [kept, setKept] = useState(false);
  const [leaving, setLeaving] = useState(false);
  if (account === undefined) return <Announcement title="One moment" />;
  if (account === null) {
    return (
      <Announcement
        title="Nobody is signed in"
        text="Play as a guest, or sign in."
        action={{ href: '/', label: 'To the front page' }}
      />
    );
  }
  return (
    <main className={styles['page']}>
      <section className={styles['letter']}>
        <div className={styles['identity']}>
          <span className={styles['portrait']} data-seat="1">
            <Piece seat={1} />
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
        <p className={styles['other']}>
          <Link href="/matches">My matches</Link>
        </p>
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
