import type { AcceptedTrade, Trade } from '../../contracts/economy.ts';
import { explain, Failure } from '../session/failure.ts';

/** How far a purchase is, from the order to the end of its trade. `lost`: the market is not reached, and asked again. */
export type Purchase =
  | { phase: 'ordering'; lost: boolean }
  | { phase: 'refused'; why: string }
  | { phase: 'trading'; tradeId: string; trade: Trade | null; lost: boolean };

export interface PurchasePorts {
  /** POST /marketplace/trades, always under the same key. */
  order: () => Promise<AcceptedTrade>;
  look: (tradeId: string) => Promise<Trade>;
  wait: (ms: number) => Promise<void>;
  tell: (purchase: Purchase) => void;
  /** Whether anybody still watches; the trade goes on without. */
  watched: () => boolean;
}

const lookEveryMs = 300;
const tryAgainMs = 1_000;

/** Orders once, however often it has to ask, and tells of every step until the trade has ended. */
export async function buy({ order, look, wait, tell, watched }: PurchasePorts): Promise<void> {
  tell({ phase: 'ordering', lost: false });
  const accepted = await ordered();
  if (accepted === null) return;
  const { tradeId } = accepted;
  let trade: Trade | null = null;
  tell({ phase: 'trading', tradeId, trade, lost: false });
  while (watched()) {
    let lost = false;
    try {
      trade = await look(tradeId);
    } catch {
      // Whatever it was: the trade is there, and what became of it is asked again.
      lost = true;
    }
    tell({ phase: 'trading', tradeId, trade, lost });
    if (trade !== null && trade.status !== 'PENDING') return;
    await wait(lost ? tryAgainMs : lookEveryMs);
  }

  async function ordered(): Promise<AcceptedTrade | null> {
    while (watched()) {
      try {
        return await order();
      } catch (failure) {
        if (!isOpen(failure)) {
          tell({ phase: 'refused', why: explain(failure) });
          return null;
        }
        tell({ phase: 'ordering', lost: true });
        await wait(tryAgainMs);
      }
    }
    return null;
  }
}

/** Whether the order may or may not have arrived: under the same key it is asked again. */
const isOpen = (failure: unknown): boolean =>
  failure instanceof Failure && ['OFFLINE', 'UNAVAILABLE', 'RATE_LIMITED'].includes(failure.code);
