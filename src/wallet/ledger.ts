import { systemAccounts, type Asset, type TransactionType } from '../contracts/economy.ts';
import type { PlayerId } from '../contracts/ids.ts';
import { integer } from './integer.ts';

/** What a player has; `held` and `stampsHeld` are the parts that are not free to use. */
export interface Account {
  readonly playerId: PlayerId;
  readonly balance: number;
  readonly held: number;
  readonly stamps: number;
  readonly stampsHeld: number;
  /** As it was read: whoever changed the account since then makes it another. */
  readonly version: number;
}

/** One side of a booking, as its account sees it. `balanceAfter` is null for the game's own account, which nobody counts. */
export interface Line {
  readonly playerId: PlayerId;
  readonly type: TransactionType;
  readonly asset: Asset;
  readonly amount: number;
  readonly balanceAfter: number | null;
  readonly reference: string;
}

/** So much goes from one account to another; both sides may call it by different names. */
export interface Booking {
  readonly from: PlayerId;
  readonly to: PlayerId;
  readonly asset: Asset;
  readonly amount: number;
  readonly type: TransactionType;
  readonly typeForReceiver?: TransactionType;
  readonly reference: string;
}

/** What must never be: a fault of this program, not of who asked. */
export class LedgerError extends Error {
  override name = 'LedgerError';
}

/**
 * The accounts that a transaction has locked, and what is booked on them. Every change leaves each account whole: nothing
 * below zero, no more held than there is; and every booking gives as much as it takes.
 */
export class Ledger {
  readonly lines: Line[] = [];
  private readonly accounts: Map<PlayerId, Account>;
  private readonly touched = new Set<PlayerId>();

  constructor(accounts: readonly Account[]) {
    this.accounts = new Map(accounts.map((account) => [account.playerId, account]));
  }

  /** The accounts that are no longer as they were read. */
  get changed(): Account[] {
    return [...this.touched].map((playerId) => this.account(playerId));
  }

  freeFunds(playerId: PlayerId): number {
    const { balance, held } = this.account(playerId);
    return balance - held;
  }

  balanceOf(playerId: PlayerId): number {
    return this.account(playerId).balance;
  }

  freeStamps(playerId: PlayerId): number {
    const { stamps, stampsHeld } = this.account(playerId);
    return stamps - stampsHeld;
  }

  /** Takes from what is free at `from`. The game's account gives and takes without end. */
  book({ from, to, asset, amount, type, typeForReceiver = type, reference }: Booking): void {
    if (integer(amount) <= 0 || from === to) throw new LedgerError(`no booking: ${amount} from ${from} to ${to}`);
    this.enter({ playerId: from, type, asset, amount: -amount, reference });
    this.enter({ playerId: to, type: typeForReceiver, asset, amount, reference });
  }

  /** Keeps a part of what is free, or with a negative amount gives it free again. */
  holdFunds(playerId: PlayerId, amount: number): void {
    const account = this.account(playerId);
    this.put({ ...account, held: integer(account.held + amount) });
  }

  holdStamps(playerId: PlayerId, amount: number): void {
    const account = this.account(playerId);
    this.put({ ...account, stampsHeld: integer(account.stampsHeld + amount) });
  }

  private enter(line: Omit<Line, 'balanceAfter'>): void {
    const { playerId, asset, amount } = line;
    if (playerId === systemAccounts.game) {
      this.lines.push({ ...line, balanceAfter: null });
      return;
    }
    const account = this.account(playerId);
    const balanceAfter = integer((asset === 'CURRENCY' ? account.balance : account.stamps) + amount);
    this.put({ ...account, ...(asset === 'CURRENCY' ? { balance: balanceAfter } : { stamps: balanceAfter }) });
    this.lines.push({ ...line, balanceAfter });
  }

  private account(playerId: PlayerId): Account {
    const account = this.accounts.get(playerId);
    if (!account) throw new LedgerError(`account ${playerId} is not locked`);
    return account;
  }

  private put(account: Account): void {
    const { playerId, balance, held, stamps, stampsHeld } = account;
    if (held < 0 || held > balance || stampsHeld < 0 || stampsHeld > stamps) {
      throw new LedgerError(`account ${playerId} would not be whole`);
    }
    this.accounts.set(playerId, account);
    this.touched.add(playerId);
  }
}
