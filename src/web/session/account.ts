'use client';

import { useSyncExternalStore } from 'react';
import { routes } from '../../contracts/routes.ts';
import type { Credentials } from '../../contracts/api.ts';
import { call, sessions } from './client.ts';
import type { Account } from './sessions.ts';

function subscribe(listener: () => void): () => void {
  const stop = sessions.subscribe(listener);
  // Another tab signed in or out.
  window.addEventListener('storage', listener);
  return () => {
    stop();
    window.removeEventListener('storage', listener);
  };
}

/** Who is signed in: null for nobody, undefined while the server renders and cannot know. */
export function useAccount(): Account | null | undefined {
  return useSyncExternalStore(subscribe, sessions.current, () => undefined);
}

export async function playAsGuest(): Promise<void> {
  sessions.keep(await call(routes.guest, { body: {} }));
}

/** With a guest signed in, the new account takes over the guest's player and all it has. */
export async function register(credentials: Credentials): Promise<void> {
  sessions.keep(await call(routes.register, { body: credentials }));
}

export async function signIn(credentials: Credentials): Promise<void> {
  sessions.keep(await call(routes.login, { body: credentials }));
}

export async function signOut(): Promise<void> {
  const account = sessions.current();
  sessions.forget();
  // The token here is gone either way; when the server is not reached, its half of the session ends by age.
  if (account !== null)
    await call(routes.logout, { body: { refreshToken: account.refreshToken } }).catch(() => undefined);
}
