'use client';

import Link from 'next/link';
import { useRef, useState } from 'react';
import { useAccount } from '../session/account.ts';
import { dayAndTime, several } from '../ui/format.ts';
import { Icon } from '../ui/Icon.tsx';
import { mailbox, useMailbox } from './mail.ts';
import styles from './Mail.module.css';
import { wordsOf } from './words.ts';

const shown = 20;

/** The recent notifications, behind a bell that says how many are new. */
export function Bell() {
  const myId = useAccount()?.playerId ?? '';
  const { letters, unread } = useMailbox();
  const panel = useRef<HTMLDivElement>(null);
  /** Those that were new when it was opened stay marked until it is closed. */
  const [fresh, setFresh] = useState<number | null>(null);
  return (
    <div className={styles['post']}>
      <button
        type="button"
        className={styles['bell']}
        popoverTarget="mail"
        aria-label={unread === 0 ? 'Notifications' : `Notifications, ${unread} new`}
      >
        <Icon name="bell" />
        {unread > 0 && (
          <span className={styles['unread']} aria-hidden="true">
            {unread > 9 ? '9+' : unread}
          </span>
        )}
      </button>
      <div
        id="mail"
        ref={panel}
        popover="auto"
        role="dialog"
        aria-label="Notifications"
        className={styles['panel']}
        onToggle={(event) => {
          const open = event.newState === 'open';
          setFresh(open ? unread : null);
          if (open) mailbox.read();
        }}
      >
        <h2>Post</h2>
        {letters.length === 0 ? (
          <p className={styles['none']}>Nothing yet. Rewards and sales are told here.</p>
        ) : (
          <ol>
            {letters.slice(0, shown).map((letter, index) => {
              const { title, text, icon, tone, href } = wordsOf(letter, myId);
              return (
                <li key={letter.id} data-tone={tone} data-fresh={index < (fresh ?? 0) || undefined}>
                  <Link className={styles['letter']} href={href} onClick={() => panel.current?.hidePopover()}>
                    <span className={styles['mark']}>
                      <Icon name={icon} size={20} />
                    </span>
                    <span className={styles['words']}>
                      <strong>{title}</strong>
                      <span>{text}</span>
                      <time dateTime={letter.at}>{dayAndTime(letter.at)}</time>
                    </span>
                  </Link>
                </li>
              );
            })}
          </ol>
        )}
        {fresh !== null && fresh > 0 && <p className="sr-only">{several(fresh, 'new one')}</p>}
      </div>
    </div>
  );
}
