'use client';

import Link from 'next/link';
import { useEffect, useState } from 'react';
import type { Notification } from '../../contracts/economy.ts';
import { Icon } from '../ui/Icon.tsx';
import { mailbox, useMailbox } from './mail.ts';
import styles from './Mail.module.css';
import { wordsOf } from './words.ts';

const shownMs = 7_000;
const atOnce = 3;

/** What has just come, said once and gone by itself; the bell keeps it. */
export function Toasts({ myId }: { myId: string }) {
  const { toasts } = useMailbox();
  return (
    <div className={styles['toasts']} role="status" aria-label="News">
      {toasts.slice(-atOnce).map((letter) => (
        <Toast key={letter.id} letter={letter} myId={myId} />
      ))}
    </div>
  );
}

function Toast({ letter, myId }: { letter: Notification; myId: string }) {
  const [held, hold] = useState(false);
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => mailbox.putAway(letter.id), shownMs);
    return () => clearTimeout(timer);
  }, [letter.id, held]);
  const { title, text, icon, tone, href } = wordsOf(letter, myId);
  return (
    <div
      className={styles['toast']}
      data-tone={tone}
      onPointerEnter={() => hold(true)}
      onPointerLeave={() => hold(false)}
      onFocus={() => hold(true)}
      onBlur={() => hold(false)}
    >
      <span className={styles['mark']}>
        <Icon name={icon} size={22} />
      </span>
      <Link className={styles['words']} href={href} onClick={() => mailbox.putAway(letter.id)}>
        <strong>{title}</strong>
        <span>{text}</span>
      </Link>
      <button
        type="button"
        className={styles['away']}
        aria-label={`Put away: ${title}`}
        onClick={() => mailbox.putAway(letter.id)}
      >
        <Icon name="close" size={16} />
      </button>
    </div>
  );
}
