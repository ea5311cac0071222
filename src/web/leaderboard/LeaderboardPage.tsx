'use client';

import { useAccount } from '../session/account.ts';
import { resources } from '../session/resources.ts';
import { useResource } from '../session/useResource.ts';
import { dayAndTime } from '../ui/format.ts';
import { Empty, Loaded, Notice } from '../ui/Loaded.tsx';
import { Page } from '../ui/Page.tsx';
import styles from './Leaderboard.module.css';
import { Podium } from './Podium.tsx';
import { Ranks } from './Ranks.tsx';

const refreshMs = 30_000;

/** The hundred best, and where the player stands among all. */
export function LeaderboardPage() {
  const account = useAccount();
  const top = useResource(resources.top100, undefined, { everyMs: refreshMs });
  const around = useResource(resources.myRank, account ? undefined : null, { everyMs: refreshMs });
  const myId = account?.playerId ?? null;
  return (
    <Page title="Leaderboard" lead="The points of all matches together. What is won here is never lost again.">
      <div className={styles['columns']} data-player={account ? true : undefined}>
        {account && (
          <section className={styles['mine']} aria-labelledby="mine">
            <h2 id="mine">Your place</h2>
            <Loaded of={around} what="your place" blocks={1} high={220}>
              {({ entries }) =>
                entries.length === 0 ? (
                  <p className={styles['none']}>You are not on it yet: your first match puts you here.</p>
                ) : (
                  <Ranks entries={entries} myId={myId} label="The places around yours" />
                )
              }
            </Loaded>
          </section>
        )}
        <section className={styles['top']} aria-labelledby="top">
          <h2 id="top">The first hundred</h2>
          <Loaded of={top} what="the leaderboard" blocks={8} high={44}>
            {({ entries, stale, cachedAt }) => (
              <>
                {stale && (
                  <Notice>The scores cannot be counted just now. This is how it was at {dayAndTime(cachedAt)}.</Notice>
                )}
                {entries.length === 0 ? (
                  <Empty
                    title="Nobody yet"
                    text="The first place is free."
                    action={{ href: account ? '/play' : '/', label: account ? 'Find a match' : 'Play' }}
                  />
                ) : (
                  <>
                    <Podium entries={entries.slice(0, 3)} myId={myId} />
                    <Ranks entries={entries.slice(3)} myId={myId} label="Places from the fourth on" />
                  </>
                )}
              </>
            )}
          </Loaded>
        </section>
      </div>
    </Page>
  );
}
