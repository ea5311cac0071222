'use client';

import type { Wallet } from '../../contracts/economy.ts';
import { useAccount } from '../session/account.ts';
import { resources } from '../session/resources.ts';
import { useResource } from '../session/useResource.ts';
import type { Shown } from '../session/useResource.ts';

export interface Purse extends Shown<Wallet> {
  /** What may be spent: the balance without what running trades keep; null while it is not known. */
  free: number | null;
}

export function usePurse(): Purse {
  const account = useAccount();
  const wallet = useResource(resources.wallet, account ? undefined : null);
  return { ...wallet, free: wallet.data === null ? null : wallet.data.balance - wallet.data.heldAmount };
}
