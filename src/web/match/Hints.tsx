'use client';

import { useEffect, useState } from 'react';
import { Icon } from '../ui/Icon.tsx';
import { storage } from '../session/storage.ts';
import styles from './Controls.module.css';
import type { Hands } from './controls.ts';
import type { LogEntry } from './view.ts';

const key = 'idempo.learnt';

interface Lesson {
  /** Done once, it is learnt. */
  by: 'PlayerMoved' | 'ResourceCollected' | 'PlayerAttacked' | 'PlayerDefended' | 'sealed';
  keys: string;
  touch: string;
}

const lessons: readonly Lesson[] = [
  {
    by: 'PlayerMoved',
    keys: 'Move with the arrow keys or W A S D, or click a glowing tile.',
    touch: 'Tap a glowing tile to move, or use the pad.',
  },
  {
    by: 'ResourceCollected',
    keys: 'Walk onto a parcel and press Space: it is score now and money later.',
    touch: 'Walk onto a parcel and tap Collect: it is score now and money later.',
  },
  {
    by: 'PlayerAttacked',
    keys: 'Next to a rival, press Space or click them. Diagonals count.',
    touch: 'Next to a rival, tap them or Attack. Diagonals count.',
  },
  {
    by: 'PlayerDefended',
    keys: 'See a blow coming? 2 raises a shield for one second.',
    touch: 'See a blow coming? Shield protects you for one second.',
  },
  {
    by: 'sealed',
    keys: '4 seals your next action with a stamp: it goes through shields, leaps two tiles, collects the most.',
    touch: 'Seal uses a stamp: your next action goes through shields, leaps two tiles, collects the most.',
  },
];

interface HintsProps {
  log: readonly LogEntry[];
  myId: string;
  hands: Hands;
  stamps: number | null;
}

/** One line above the controls: why the last input did nothing, else the next thing to learn, once, in the first matches. */
export function Hints({ log, myId, hands: { notice, sending }, stamps }: HintsProps) {
  const [learnt, setLearnt] = useState(() => storage.get(key)?.split(' ') ?? []);
  const learn = (what: readonly string[]) => {
    const all = [...new Set([...learnt, ...what])];
    if (all.length === learnt.length) return;
    setLearnt(all);
    storage.set(key, all.join(' '));
  };
  useEffect(() => {
    const done = log.flatMap(({ happening: { name, body } }) =>
      name === 'match.action' && body.playerId === myId ? [body.type, ...(body.sealed ? ['sealed'] : [])] : [],
    );
    learn(done);
  });
  const lesson = lessons.find(({ by }) => !learnt.includes(by) && (by !== 'sealed' || (stamps ?? 0) > 0));

  return (
    <div className={styles['line']}>
      {notice !== null && (
        <p key={notice.id} className={styles['notice']} role="status">
          {notice.text}
        </p>
      )}
      {sending !== null && (
        <p className={styles['slow']}>The arena is slow to answer. Your {sending.type} is on its way.</p>
      )}
      {lesson !== undefined && (
        <p className={styles['hint']}>
          <span className={styles['byKeys']}>{lesson.keys}</span>
          <span className={styles['byTouch']}>{lesson.touch}</span>
          <button type="button" aria-label="No more hints" onClick={() => learn(lessons.map(({ by }) => by))}>
            <Icon name="close" size={14} />
          </button>
        </p>
      )}
    </div>
  );
}
