import { html, type Html } from './html.ts';

const numbers = new Intl.NumberFormat('en-GB');
export const number = (value: number): string => numbers.format(value);

/** `1 message`, `2,000 messages`. */
export const count = (value: number, one: string, many = `${one}s`): string =>
  `${number(value)} ${value === 1 ? one : many}`;

const units = [
  { unit: 'day', ms: 86_400_000 },
  { unit: 'hour', ms: 3_600_000 },
  { unit: 'minute', ms: 60_000 },
] as const;

/** How long ago, to the largest unit: `3 hours`. */
export const age = (at: Date, now = new Date()): string => {
  const ms = now.getTime() - at.getTime();
  const found = units.find((one) => ms >= one.ms);
  return found ? count(Math.floor(ms / found.ms), found.unit) : 'less than a minute';
};

const times = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  timeZone: 'UTC',
});

/** In UTC, as an operator compares it with logs. */
export const time = (at: Date): Html => html`<time datetime="${at.toISOString()}">${times.format(at)} UTC</time>`;
export const ago = (at: Date): Html =>
  html`<time datetime="${at.toISOString()}" title="${times.format(at)} UTC">${age(at)} ago</time>`;

export const bytes = (size: number): string =>
  size < 1024 ? count(size, 'byte') : `${(size / 1024).toFixed(size < 10_240 ? 1 : 0)} KiB`;
