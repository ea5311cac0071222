'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useState } from 'react';
import { useWitness } from '../mail/mail.ts';
import { useAccount } from '../session/account.ts';
import type { Account } from '../session/sessions.ts';
import { Announcement } from '../ui/Announcement.tsx';
import { Lobby } from './Lobby.tsx';
import { MatchScreen } from './MatchScreen.tsx';
import { Result } from './Result.tsx';
import { useMatch } from './useMatch.ts';

/** A match in whatever state it is. */
export function MatchPage({ matchId }: { matchId: string }) {
  const account = useAccount();
  if (account === undefined) return <Announcement title="One moment" />;
  if (account === null) {
    return (
      <Announcement
        title="Who are you?"
        text="Sign in, or play as a guest, to see matches."
        action={{ href: '/', label: 'To the front page' }}
      />
    );
  }
  return <Seated key={matchId} matchId={matchId} account={account} />;
}

function Seated({ matchId, account }: { matchId: string; account: Account }) {
  const live = useMatch(matchId, account.playerId);
  useWitness(matchId);
  const router = useRouter();
  const { model, problem, elsewhere, link } = live;
  const { match } = model;
  useEffect(() => {
    if (elsewhere !== null) router.replace(`/match/${elsewhere}`);
  }, [elsewhere, router]);
  // The end is seen on the board for a moment before the scores come; a match that was over already shows them at once.
  const [playedHere, setPlayedHere] = useState(false);
  const [shown, setShown] = useState(false);
  if (match?.status === 'RUNNING' && !playedHere) setPlayedHere(true);
  const finished = match?.status === 'FINISHED';
  useEffect(() => {
    if (!finished || !playedHere) return;
    const timer = setTimeout(() => setShown(true), 1_500);
    return () => clearTimeout(timer);
  }, [finished, playedHere]);

  const again = { href: '/play', label: 'Find a match' };
  if (problem !== null)
    return <Announcement title="No match here" text={problem} action={{ href: '/', label: 'To the front page' }} />;
  if (match === null)
    return <Announcement title="Opening the arena" text={link === 'lost' ? 'Still trying to reach it.' : undefined} />;
  if (match.status === 'CANCELLED') {
    return (
      <Announcement
        title="Nobody else came"
        text="The lobby closed with too few players. No harm done."
        action={again}
      />
    );
  }
  if (match.status === 'PENDING') {
    return <Lobby match={match} myId={account.playerId} clockOffset={model.clockOffset} link={link} />;
  }
  if (match.result !== null && (!playedHere || shown)) {
    return <Result match={match} result={match.result} myId={account.playerId} fresh={playedHere} />;
  }
  if (match.board === null) return <Announcement title="Opening the arena" />;
  return <MatchScreen live={live} match={match} board={match.board} myId={account.playerId} />;
}
