'use client';

import { useCallback, useState } from 'react';
import { refreshSoon } from '../session/resources.ts';
import { usePurse } from '../wallet/usePurse.ts';
import type { LiveMatch } from './useMatch.ts';

/** How many stamps the player has, null while it is not known: the wallet's word, or that of a sealed action's answer since. */
export function useStamps(act: LiveMatch['act']): { stamps: number | null; act: LiveMatch['act'] } {
  const { data, at } = usePurse();
  const [told, setTold] = useState<{ stamps: number; at: number } | null>(null);
  const actAndCount = useCallback<LiveMatch['act']>(
    async (request) => {
      const outcome = await act(request);
      const stamps = outcome.took
        ? outcome.answer.stampBalance
        : outcome.code === 'INSUFFICIENT_STAMPS'
          ? 0
          : undefined;
      if (stamps !== undefined) {
        setTold({ stamps, at: Date.now() });
        refreshSoon('wallet');
      }
      return outcome;
    },
    [act],
  );
  return { stamps: told !== null && told.at > at ? told.stamps : (data?.stampBalance ?? null), act: actAndCount };
}
