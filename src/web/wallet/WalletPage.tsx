'use client';

import { SignedIn } from '../session/SignedIn.tsx';
import { Loaded } from '../ui/Loaded.tsx';
import { Page } from '../ui/Page.tsx';
import { Balance } from './Balance.tsx';
import { Ledger } from './Ledger.tsx';
import { usePurse } from './usePurse.ts';

/** What the player has, and every line of how it came to that. */
export function WalletPage() {
  return <SignedIn>{() => <Book />}</SignedIn>;
}

function Book() {
  const purse = usePurse();
  return (
    <Page title="Wallet">
      <Loaded of={purse} what="your wallet" blocks={1} high={220}>
        {(wallet) => <Balance wallet={wallet} />}
      </Loaded>
      <Ledger />
    </Page>
  );
}
