import { describe, expect, test } from '@jest/globals';
import { Notification } from '../../contracts/economy.ts';
import { createMailbox } from './mailbox.ts';

const uuid = (n: number) => `0b5f4f3e-52a4-4a6e-9d3e-${String(n).padStart(12, '0')}`;
const letter = (n: number, about = 900): Notification =>
  Notification.parse({
    id: uuid(n),
    at: new Date(Date.UTC(2026, 0, 1, 0, n)).toISOString(),
    type: 'match.cancelled',
    matchId: uuid(about),
  });

function setup() {
  const stored = new Map<string, string>();
  const told: string[] = [];
  const mailbox = createMailbox({
    storage: {
      get: (key) => stored.get(key) ?? null,
      set: (key, value) => void stored.set(key, value),
      remove: (key) => void stored.delete(key),
    },
    news: ({ id }) => told.push(id),
  });
  mailbox.open('ada');
  return { mailbox, told, ids: () => mailbox.state().letters.map(({ id }) => id) };
}

describe('a mailbox', () => {
  test('shows what came before as unread, and makes no noise about it', () => {
    const { mailbox, told, ids } = setup();
    mailbox.recent([letter(1), letter(2)]);
    expect(ids()).toEqual([uuid(2), uuid(1)]);
    expect(mailbox.state()).toMatchObject({ unread: 2, toasts: [] });
    expect(told).toEqual([]);
  });

  test('tells of a new one once, however often it is delivered', () => {
    const { mailbox, told, ids } = setup();
    mailbox.recent([letter(1)]);
    mailbox.arrived(letter(2));
    mailbox.arrived(letter(2));
    mailbox.recent([letter(1), letter(2)]);
    expect(ids()).toEqual([uuid(2), uuid(1)]);
    expect(mailbox.state().toasts).toHaveLength(1);
    expect(told).toEqual([uuid(2)]);
  });

  test('what came while the connection was away is news after it', () => {
    const { mailbox, told } = setup();
    mailbox.recent([letter(1)]);
    mailbox.recent([letter(1), letter(2)]);
    expect(told).toEqual([uuid(2)]);
  });

  test('once looked at, nothing is unread, also when it is delivered anew', () => {
    const { mailbox } = setup();
    mailbox.recent([letter(1), letter(2)]);
    mailbox.read();
    expect(mailbox.state().unread).toBe(0);
    mailbox.open('ada');
    mailbox.recent([letter(1), letter(2), letter(3)]);
    expect(mailbox.state().unread).toBe(1);
  });

  test('what the page shows itself is news without a toast', () => {
    const { mailbox, told } = setup();
    mailbox.recent([]);
    const leave = mailbox.watch(uuid(900));
    mailbox.arrived(letter(1));
    expect(mailbox.state()).toMatchObject({ unread: 0, toasts: [] });
    expect(told).toEqual([uuid(1)]);
    leave();
    mailbox.arrived(letter(2));
    expect(mailbox.state()).toMatchObject({ unread: 1 });
    expect(mailbox.state().toasts.map(({ id }) => id)).toEqual([uuid(2)]);
  });

  test('of another player is empty', () => {
    const { mailbox, ids } = setup();
    mailbox.recent([letter(1)]);
    mailbox.open('bob');
    expect(ids()).toEqual([]);
  });
});
