'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useState } from 'react';
import { routes } from '../../contracts/routes.ts';
import { useAccount } from '../session/account.ts';
import { call } from '../session/client.ts';
import { explain } from '../session/failure.ts';
import { Announcement } from '../ui/Announcement.tsx';
import { leaveToken } from './handover.ts';

/** Takes a seat and goes there; a player who sits in a match already comes back to it. */
export function FindMatch() {
  const account = useAccount();
  const router = useRouter();
  const [problem, setProblem] = useState<string | null>(null);
  const signedIn = account === undefined ? undefined : account !== null;
  useEffect(() => {
    if (signedIn === undefined) return;
    if (!signedIn) {
      router.replace('/');
      return;
    }
    call(routes.joinMatch, { body: {} })
      .then(({ matchId, wsToken }) => {
        leaveToken(matchId, wsToken);
        router.replace(`/match/${matchId}`);
      })
      .catch((failure: unknown) => setProblem(explain(failure)));
  }, [signedIn, router]);
  if (problem !== null) {
    return <Announcement title="No seat found" text={problem} action={{ href: '/', label: 'To the front page' }} />;
  }
  return <Announcement title="Finding you a seat" />;
}
