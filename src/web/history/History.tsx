'use client';

import Link from 'next/link';
import type { MatchSummary } from '../../contracts/api.ts';
import { resources } from '../session/resources.ts';
import { SignedIn } from '../session/SignedIn.tsx';
import { useResource } from '../session/useResource.ts';
import { pageOf, useAddress } from '../ui/address.ts';
import { clock, dayAndTime } from '../ui/format.ts';
import { Icon } from '../ui/Icon.tsx';
import { Empty, Loaded } from '../ui/Loaded.tsx';
import { Page } from '../ui/Page.tsx';
import { Pager } from '../ui/Pager.tsx';
import styles from './History.module.css';

const perPage = 20;

/** The player's matches, the newest first, with the way to watch each again. */
export function History() {
  return (
    <SignedIn>
      {({ playerId }) => (
        <Page title="Matches">
          <Archive myId={playerId} />
        </Page>
      )}
    </SignedIn>
  );
}

function Archive({ myId }: { myId: string }) {
  const [address, change] = useAddress();
  const page = pageOf(address);
  const matches = useResource(resources.matches, { query: { page, limit: perPage } });
  return (
    <Loaded of={matches} what="your matches" blocks={6} high={56}>
      {({ items, total }) =>
        items.length === 0 ? (
          <Empty
            title="No matches yet"
            text="Your first is a click away."
            action={{ href: '/play', label: 'Find a match' }}
          />
        ) : (
          <>
            <ol>
              {items.map((match) => (
                <Row key={match.matchId} match={match} myId={myId} />
              ))}
            </ol>
            <Pager
              page={page}
              total={total}
              perPage={perPage}
              turn={(to) => change({ page: to })}
              words={['Newer', 'Older']}
            />
          </>
        )
      }
    </Loaded>
  );
}

function Row({ match, myId }: { match: MatchSummary; myId: string }) {
  const { matchId, status, outcome, score, players, createdAt, startedAt, finishedAt } = match;
  const rivals = players.filter((player) => player.playerId !== myId).map((player) => player.username);
  return (
    <li className={styles['row']} data-outcome={outcome ?? status}>
      <Link href={`/match/${matchId}`} className={styles['link']}>
        <span className={styles['word']}>{wordFor(match)}</span>
        <span className={styles['rivals']}>
          {rivals.length > 0 ? `against ${rivals.join(', ')}` : 'nobody else came'}
        </span>
        <time dateTime={createdAt} className={styles['when']}>
          {dayAndTime(createdAt)}
          {startedAt !== null && finishedAt !== null && <> · {lasted(startedAt, finishedAt)}</>}
        </time>
        <span className={styles['score']}>
          {score ?? '–'} <span className="sr-only">points</span>
        </span>
      </Link>
      {status === 'FINISHED' && (
        <Link
          href={`/replay/${matchId}`}
          className={styles['replay']}
          aria-label={`Replay of ${dayAndTime(createdAt)}`}
        >
          <Icon name="replay" size={22} />
        </Link>
      )}
    </li>
  );
}

function wordFor({ status, outcome, result }: MatchSummary): string {
  if (status === 'PENDING') return 'In the lobby';
  if (status === 'RUNNING') return 'Running';
  if (status === 'CANCELLED') return 'Called off';
  if (outcome === 'WINNER') return result?.draw === true ? 'Draw' : 'Won';
  return outcome === 'SURVIVOR' ? 'Survived' : 'Fell';
}

const lasted = (from: string, to: string): string =>
  `${clock(Math.max(Math.round((Date.parse(to) - Date.parse(from)) / 1000), 0))} min`;
