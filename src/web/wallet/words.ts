import type { LedgerEntry, TransactionType } from '../../contracts/economy.ts';

/** The kinds of ledger lines, as a player says them: one of them, and all of them. */
export const kinds: Record<TransactionType, { one: string; all: string }> = {
  REWARD: { one: 'Reward of a match', all: 'Rewards' },
  PURCHASE: { one: 'Bought on the market', all: 'Purchases' },
  SALE: { one: 'Sold on the market', all: 'Sales' },
  FEE: { one: "The house's share of a sale", all: 'Fees' },
  REFUND: { one: 'Given back', all: 'Refunds' },
  STAMP_SPENT: { one: 'Sealed an action', all: 'Seals' },
  TRANSFER: { one: 'Transfer', all: 'Transfers' },
};

/** Where a line leads: to the match that a reward was for. */
export const placeOf = ({ type, reference }: LedgerEntry): string | null =>
  type === 'REWARD' ? `/match/${reference}` : null;
