'use client';

import { useMemo } from 'react';
import { MatchId } from '../../contracts/ids.ts';
import { useAccount } from '../session/account.ts';
import { resources } from '../session/resources.ts';
import { useResource } from '../session/useResource.ts';
import { Announcement } from '../ui/Announcement.tsx';
import { ReplayScreen } from './ReplayScreen.tsx';
import { timelineOf } from './timeline.ts';

const front = { href: '/', label: 'To the front page' };

/** A match that is over, to be watched by anybody who has the link. */
export function ReplayPage({ matchId }: { matchId: string }) {
  const known = MatchId.safeParse(matchId).success;
  const { data, problem } = useResource(resources.replay, known ? { params: { id: matchId } } : null, {
    lasting: true,
  });
  const myId = useAccount()?.playerId ?? '';
  const timeline = useMemo(() => (data === null ? null : timelineOf(data)), [data]);
  if (!known) return <Announcement title="No replay" text="There is no such match." action={front} />;
  if (data === null || timeline === null) {
    return problem === null ? (
      <Announcement title="Fetching the film" />
    ) : (
      <Announcement title="No replay" text={problem} action={front} />
    );
  }
  return <ReplayScreen replay={data} timeline={timeline} myId={myId} />;
}
