import { randomUUID } from 'node:crypto';
import { TradeId } from '../contracts/ids.ts';

/** An id that says when its trade began, in ms since 1970: a UUID of version 7 (RFC 9562, 5.7). */
export const newTradeId = (at = Date.now()): TradeId => {
  const time = at.toString(16).padStart(12, '0');
  return TradeId.parse(`${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`);
};

/** When a trade began, to the ms; undefined for a random id, as trades had them once. */
export const beganAt = (id: TradeId): Date | undefined =>
  id[14] === '7' ? new Date(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)) : undefined;

/** From when until when, both included, these trades began: who looks for them by that too opens no month but theirs. */
export const span = (ids: readonly TradeId[]): [from: Date | '-infinity', to: Date | 'infinity'] => {
  const times = ids.map((id) => beganAt(id)?.getTime() ?? NaN);
  const [from, to] = [Math.min(...times), Math.max(...times)];
  return Number.isNaN(from) ? ['-infinity', 'infinity'] : [new Date(from), new Date(to)];
};
