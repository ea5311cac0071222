'use client';

import { useEffect, useState } from 'react';
import { describeItem } from '../../contracts/items.ts';
import type { FinalScore, MatchView } from '../../contracts/match.ts';
import { useMailbox } from '../mail/mail.ts';
import { Coin, Stamp } from '../ui/Coins.tsx';
import { count } from '../ui/format.ts';
import { SmallItem } from '../ui/ItemStamp.tsx';
import styles from './Reward.module.css';

/** Most rewards are here within a second; of one that is not, so much later is said that it still comes. */
const patienceMs = 8_000;

interface RewardProps {
  match: MatchView;
  own: FinalScore;
  /** The match has just ended: its reward is on the way. */
  fresh: boolean;
}

/** What the match paid, once its notification is here; for an old match nothing when that is gone. */
export function Reward({ match: { matchId }, own, fresh }: RewardProps) {
  const { letters } = useMailbox();
  const found = letters.find((letter) => letter.type === 'reward.granted' && letter.reward.matchId === matchId);
  const reward = found?.type === 'reward.granted' ? found.reward : null;
  const [late, setLate] = useState(false);
  const waiting = fresh && reward === null;
  useEffect(() => {
    if (!waiting) return;
    const timer = setTimeout(() => setLate(true), patienceMs);
    return () => clearTimeout(timer);
  }, [waiting]);
  if (reward === null && !fresh) return null;
  return (
    <section className={styles['reward']} aria-labelledby="reward" data-waiting={waiting || undefined}>
      <h2 id="reward">Reward</h2>
      <div role="status">
        {reward === null ? (
          <p className={styles['line']}>
            {late
              ? 'It takes a little longer today. It comes by itself, and your wallet will show it.'
              : 'It is in the post …'}
          </p>
        ) : reward.currency === 0 && reward.stamps === 0 && reward.item === null ? (
          <p className={styles['line']}>Nothing this time: you carried nothing when you fell.</p>
        ) : (
          <ul className={styles['parts']}>
            {reward.currency > 0 && (
              <li>
                <Coin />
                <strong>{count(reward.currency)}</strong>
                <span>{sourceOf(reward.currency, own)}</span>
              </li>
            )}
            {reward.stamps > 0 && (
              <li>
                <Stamp />
                <strong>{reward.stamps}</strong>
                <span>{reward.stamps === 1 ? 'stamp to seal with' : 'stamps to seal with'}</span>
              </li>
            )}
            {reward.item !== null && (
              <li>
                <SmallItem kind={reward.item.itemId} />
                <strong>{describeItem(reward.item.itemId).name}</strong>
                <span>+{describeItem(reward.item.itemId).damage} with each blow</span>
              </li>
            )}
          </ul>
        )}
      </div>
    </section>
  );
}

function sourceOf(currency: number, { resources }: FinalScore): string {
  const word = currency === 1 ? 'coin' : 'coins';
  return resources > 0 && resources <= currency ? `${word}, ${count(resources)} of them what you carried` : word;
}
