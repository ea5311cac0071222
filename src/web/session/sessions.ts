import './jitless.ts';
import { z } from 'zod';
import { Session } from '../../contracts/api.ts';
import type { Storage } from './storage.ts';

const key = 'idempo.session';

/** A signed-in player, guest or not. `expiresAt` is when the access token ends, in milliseconds by this browser's clock. */
export const Account = Session.omit({ expiresIn: true }).extend({ expiresAt: z.number() });
export type Account = z.infer<typeof Account>;

export interface SessionPorts {
  storage: Storage;
  now: () => number;
  /** Runs one at a time over all tabs. */
  exclusively: <T>(work: () => Promise<T>) => Promise<T>;
  /** POST /auth/refresh; null when the token is refused, that is, the session has ended. */
  refresh: (refreshToken: string) => Promise<Session | null>;
}

/** Who plays in this browser. All tabs share one session; its refresh token is spent once, by whichever tab comes first. */
export function createSessions({ storage, now, exclusively, refresh }: SessionPorts) {
  const listeners = new Set<() => void>();
  let raw: string | null = null;
  let parsed: Account | null = null;

  function current(): Account | null {
    const stored = storage.get(key);
    if (stored !== raw) {
      raw = stored;
      parsed = parse(stored);
    }
    return parsed;
  }

  function changed(): void {
    for (const listener of listeners) listener();
  }

  function keep(session: Session): Account {
    const { expiresIn, ...rest } = session;
    const account = { ...rest, expiresAt: now() + expiresIn * 1000 };
    storage.set(key, JSON.stringify(account));
    changed();
    return account;
  }

  function forget(): void {
    storage.remove(key);
    changed();
  }

  /**
   * A token that is still good, or null when nobody is signed in (any more). `refused` is a token that the API did not take:
   * it is replaced unless another tab has done so already.
   */
  async function accessToken(refused?: string): Promise<string | null> {
    const good = () => {
      const account = current();
      if (account === null) return null;
      return account.accessToken !== refused && account.expiresAt - now() > 20_000 ? account.accessToken : undefined;
    };
    const before = good();
    if (before !== undefined) return before;
    return exclusively(async () => {
      const meanwhile = good();
      const account = current();
      if (meanwhile !== undefined || account === null) return meanwhile ?? null;
      const renewed = await refresh(account.refreshToken);
      if (renewed !== null) return keep(renewed).accessToken;
      forget();
      return null;
    });
  }

  function subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  return { current, keep, forget, accessToken, subscribe, changed };
}

function parse(stored: string | null): Account | null {
  if (stored === null) return null;
  try {
    return Account.parse(JSON.parse(stored));
  } catch {
    // Written by an older version of the page, or by hand: as good as nothing.
    return null;
  }
}
