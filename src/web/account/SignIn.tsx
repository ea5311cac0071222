'use client';

import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { register, signIn, useAccount } from '../session/account.ts';
import styles from './Account.module.css';
import { CredentialsForm } from './CredentialsForm.tsx';

/** The way in for who has an account, or with `fresh` for who opens one. */
export function SignIn({ fresh }: { fresh: boolean }) {
  const router = useRouter();
  const account = useAccount();
  return (
    <main className={styles['page']}>
      <section className={styles['letter']}>
        <h1>{fresh ? 'Open an account' : 'Welcome back'}</h1>
        {account?.guest === true && (
          <p className={styles['note']}>
            {fresh
              ? `What ${account.username} has earned as a guest comes along.`
              : `You play as the guest ${account.username}. Signing in leaves that player behind.`}
          </p>
        )}
        <CredentialsForm
          key={String(fresh)}
          label={fresh ? 'Open account' : 'Sign in'}
          fresh={fresh}
          submit={async (credentials) => {
            await (fresh ? register(credentials) : signIn(credentials));
            router.push('/');
          }}
        />
        <p className={styles['other']}>
          {fresh ? (
            <>
              You have one? <Link href="/sign-in">Sign in</Link>
            </>
          ) : (
            <>
              New here? <Link href="/sign-in?new">Open an account</Link>
            </>
          )}
        </p>
      </section>
    </main>
  );
}
