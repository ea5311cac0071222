const numbers = new Intl.NumberFormat('en');
const days = new Intl.DateTimeFormat('en', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});
const times = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/** 12,345 */
export const count = (n: number): string => numbers.format(n);

/** 1 stamp, 3 stamps */
export const several = (n: number, one: string): string => `${count(n)} ${one}${n === 1 ? '' : 's'}`;

/** 22 Nov, 18:04; of an ISO time, or of ms since the epoch. */
export const dayAndTime = (at: string | number): string => days.format(new Date(at));

export const timeOfDay = (at: string | number): string => times.format(new Date(at));

/** 4:05 */
export const clock = (seconds: number): string =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, '0')}`;

/** The words one after the other, the last two joined by `and`. */
export const list = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
