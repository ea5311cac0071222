import { describe, expect, test } from '@jest/globals';
import { PlayerId } from '../../contracts/ids.ts';
import { createSessions } from './sessions.ts';
import type { Storage } from './storage.ts';

const playerId = PlayerId.parse('0b5f4f3e-52a4-4a6e-9d3e-00000000000a');
const session = (n: number) => ({
  accessToken: `access-${n}`,
  refreshToken: `refresh-${n}`,
  expiresIn: 900,
  playerId,
  username: 'ada',
  guest: true,
});

/** A browser: tabs share its storage and its lock; the server hands out numbered tokens, each to be refreshed once. */
function browser(refused = false) {
  const values = new Map<string, string>();
  const storage: Storage = {
    get: (key) => values.get(key) ?? null,
    set: (key, value) => void values.set(key, value),
    remove: (key) => void values.delete(key),
  };
  const spent: string[] = [];
  let time = 0;
  let last: Promise<unknown> = Promise.resolve();
  const tab = () =>
    createSessions({
      storage,
      now: () => time,
      exclusively: (work) => {
        const result = last.then(work, work);
        last = result.catch(() => undefined);
        return result;
      },
      refresh: async (token) => {
        spent.push(token);
        return refused ? null : session(spent.length + 1);
      },
    });
  return { tab, storage, spent, pass: (ms: number) => (time += ms) };
}

describe('the access token', () => {
  test('is used while it is good', async () => {
    const { tab, spent, pass } = browser();
    const one = tab();
    one.keep(session(1));
    pass(870_000);
    expect(await one.accessToken()).toBe('access-1');
    expect(spent).toEqual([]);
  });

  test('is renewed once, however many tabs ask at once', async () => {
    const { tab, spent, pass } = browser();
    const tabs = [tab(), tab(), tab()];
    tabs[0]?.keep(session(1));
    pass(895_000);
    const tokens = await Promise.all(tabs.map((one) => one.accessToken()));
    expect(tokens).toEqual(['access-2', 'access-2', 'access-2']);
    expect(spent).toEqual(['refresh-1']);
  });

  test('that the API refused is renewed, unless another tab has done so', async () => {
    const { tab, spent } = browser();
    const [one, two] = [tab(), tab()];
    one.keep(session(1));
    expect(await one.accessToken('access-1')).toBe('access-2');
    expect(await two.accessToken('access-1')).toBe('access-2');
    expect(spent).toEqual(['refresh-1']);
  });

  test('of an ended session is none, and the player is signed out', async () => {
    const { tab, pass } = browser(true);
    const one = tab();
    one.keep(session(1));
    pass(1_000_000);
    expect(await one.accessToken()).toBeNull();
    expect(one.current()).toBeNull();
  });
});

test('what cannot be read in storage is nobody', () => {
  const { tab, storage } = browser();
  storage.set('idempo.session', '{"accessToken":1}');
  expect(tab().current()).toBeNull();
});
