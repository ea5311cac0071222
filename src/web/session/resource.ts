import { explain } from './failure.ts';

/** What is known of something that the API can be asked for. */
export interface Snapshot<T> {
  /** The last answer; it stays while the question is asked again, and when that fails. */
  data: T | null;
  /** When `data` came, in ms since the epoch; 0 for never. */
  at: number;
  /** Why the last question had no answer, as a sentence. */
  problem: string | null;
  busy: boolean;
}

interface Entry<Input, T> {
  input: Input;
  snapshot: Snapshot<T>;
  listeners: Set<() => void>;
  /** How often it was asked: only the answer to the last question counts. */
  turn: number;
}

/** So long an answer is good enough for whoever asks the same. */
const freshMs = 2_000;

/** Answers of one call of the API, by key: asked once for all who look at them, and kept until they are refreshed. */
export function createResource<Input, T>(load: (input: Input) => Promise<T>, now: () => number = Date.now) {
  const nothing: Snapshot<T> = { data: null, at: 0, problem: null, busy: true };
  const entries = new Map<string, Entry<Input, T>>();

  async function ask(entry: Entry<Input, T>): Promise<void> {
    entry.turn += 1;
    const { turn } = entry;
    const change = (changes: Partial<Snapshot<T>>) => {
      if (turn !== entry.turn) return;
      entry.snapshot = { ...entry.snapshot, ...changes };
      for (const listener of entry.listeners) listener();
    };
    change({ busy: true });
    try {
      const data = await load(entry.input);
      change({ data, at: now(), problem: null, busy: false });
    } catch (failure) {
      change({ problem: explain(failure), busy: false });
    }
  }

  return {
    nothing,
    snapshot: (key: string): Snapshot<T> => entries.get(key)?.snapshot ?? nothing,

    /** Asks unless the answer is there and fresh, and tells of every change until the returned function is called. */
    watch(key: string, input: Input, listener: () => void): () => void {
      const entry = entries.get(key) ?? { input, snapshot: nothing, listeners: new Set(), turn: 0 };
      entries.set(key, entry);
      entry.listeners.add(listener);
      const { at, busy } = entry.snapshot;
      const asking = busy && entry.turn > 0;
      if (!asking && now() - at > freshMs) void ask(entry);
      return () => entry.listeners.delete(listener);
    },

    /** What is looked at is asked for again (all of it, or what is older than `olderThanMs`); the rest is forgotten. */
    refresh(olderThanMs = 0): void {
      for (const [key, entry] of entries) {
        if (entry.listeners.size === 0) entries.delete(key);
        else if (now() - entry.snapshot.at >= olderThanMs) void ask(entry);
      }
    },
  };
}
export type Resource<Input, T> = ReturnType<typeof createResource<Input, T>>;
