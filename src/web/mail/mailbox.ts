import type { Notification } from '../../contracts/economy.ts';
import type { Storage } from '../session/storage.ts';

export interface MailboxState {
  /** The newest first. */
  letters: readonly Notification[];
  /** New ones that nobody has put away yet, the oldest first. */
  toasts: readonly Notification[];
  unread: number;
}

export interface MailboxPorts {
  storage: Storage;
  /** A new one came; told once, however often it is delivered. */
  news: (letter: Notification) => void;
}

const kept = 50;
const empty: MailboxState = { letters: [], toasts: [], unread: 0 };

/** What a notification is about: the match or the trade. */
export function subjectOf(letter: Notification): string {
  switch (letter.type) {
    case 'reward.granted':
      return letter.reward.matchId;
    case 'trade.completed':
    case 'trade.failed':
      return letter.trade.tradeId;
    case 'match.finished':
    case 'match.cancelled':
      return letter.matchId;
  }
}

/** The notifications of one player: each is kept once, by its id, and those that come while the page is open are news. */
export function createMailbox({ storage, news }: MailboxPorts) {
  const listeners = new Set<() => void>();
  /** What the page itself shows, as a match or a trade that is watched: no toast, and it counts as read. */
  const watched = new Set<string>();
  const witnessed = new Set<string>();
  let state = empty;
  let owner: string | null = null;
  let delivered = false;

  const key = () => `idempo.mail.${owner ?? ''}`;
  const readUntil = () => storage.get(key()) ?? '';

  function change(letters: readonly Notification[], toasts: readonly Notification[]): void {
    const until = readUntil();
    const unread = letters.filter(({ id, at }) => at > until && !witnessed.has(id)).length;
    const newest = letters[0]?.at;
    // What the page showed by itself stays read when the page is opened anew.
    if (unread === 0 && newest !== undefined && newest > until) storage.set(key(), newest);
    state = { letters, toasts, unread };
    for (const listener of listeners) listener();
  }

  function take(letters: readonly Notification[], asNews: boolean): void {
    const known = new Set(state.letters.map(({ id }) => id));
    const fresh = letters.filter(({ id }) => !known.has(id) && known.add(id));
    if (fresh.length === 0) return;
    for (const letter of fresh) if (watched.has(subjectOf(letter))) witnessed.add(letter.id);
    const all = [...state.letters, ...fresh].sort((a, b) => b.at.localeCompare(a.at)).slice(0, kept);
    const toasts = asNews ? fresh.filter(({ id }) => !witnessed.has(id)) : [];
    change(all, [...state.toasts, ...toasts]);
    if (asNews) for (const letter of fresh) news(letter);
  }

  return {
    state: () => state,
    /** Whose mailbox it is from now on; it is empty then. */
    open(playerId: string | null): void {
      owner = playerId;
      delivered = false;
      witnessed.clear();
      change([], []);
    },
    /** All recent ones, as each connect brings them: after the first, those not known yet came while it was away. */
    recent(letters: readonly Notification[]): void {
      take(letters, delivered);
      delivered = true;
      change(state.letters, state.toasts);
    },
    arrived: (letter: Notification) => take([letter], true),
    putAway: (id: string) =>
      change(
        state.letters,
        state.toasts.filter((toast) => toast.id !== id),
      ),
    /** All that is there has been looked at. */
    read(): void {
      const newest = state.letters[0]?.at;
      if (newest !== undefined && newest > readUntil()) storage.set(key(), newest);
      change(state.letters, []);
    },
    /** Between this and the call of what it answers, the page shows what happens to this match or trade. */
    watch(subject: string): () => void {
      watched.add(subject);
      return () => watched.delete(subject);
    },
    subscribe: (listener: () => void): (() => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
export const emptyMailbox = empty;
