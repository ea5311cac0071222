import Link from 'next/link';
import { Icon } from '../ui/Icon.tsx';
import { SoundToggle } from '../ui/toggles.tsx';
import styles from './Match.module.css';
import type { Link as Connection } from './connection.ts';

const clock = (seconds: number) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;

/** The time that is left, and whether we are still connected to it. */
export function Timer({ seconds, link }: { seconds: number | null; link: Connection }) {
  return (
    <div className={styles['timer']}>
      <Link className={styles['leave']} href="/" aria-label="Leave; your piece stays, and you can come back">
        <Icon name="leave" />
      </Link>
      {seconds !== null && (
        <p
          key={seconds <= 10 ? seconds : 'calm'}
          className={styles['clock']}
          data-urgent={seconds <= 10 || undefined}
          role="timer"
          aria-label={`${clock(seconds)} left`}
        >
          {clock(seconds)}
        </p>
      )}
      <SoundToggle />
      {link === 'lost' && (
        <p className={styles['lost']} role="alert">
          <Icon name="offline" /> Connection lost. Your piece holds its tile; we are getting you back.
        </p>
      )}
    </div>
  );
}
