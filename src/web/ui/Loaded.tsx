import Link from 'next/link';
import type { ReactNode } from 'react';
import type { Shown } from '../session/useResource.ts';
import { dayAndTime } from './format.ts';
import { Icon } from './Icon.tsx';
import styles from './Loaded.module.css';

interface LoadedProps<T> {
  of: Shown<T>;
  /** As in "Could not fetch …": your ledger, the market. */
  what: string;
  /** How many blocks stand in while it is fetched, and how high they are, in px. */
  blocks?: number;
  high?: number;
  children: (data: T) => ReactNode;
}

/** What was asked of the API, in whatever state it is: on its way, here, here but old, or not to be had. */
export function Loaded<T>({
  of: { data, at, problem, busy, reload },
  what,
  blocks = 4,
  high = 64,
  children,
}: LoadedProps<T>) {
  if (data === null && problem === null) {
    return (
      <div className={styles['loading']}>
        <p className="sr-only" role="status">
          Fetching {what}
        </p>
        {Array.from({ length: blocks }, (_, nth) => (
          <div key={nth} className={styles['block']} style={{ '--high': `${high}px`, '--nth': nth }} />
        ))}
      </div>
    );
  }
  return (
    <>
      {problem !== null && (
        <Notice again={reload}>
          {at === 0 ? `Could not fetch ${what}. ` : `This is how it was at ${dayAndTime(at)}. `}
          {problem}
        </Notice>
      )}
      {data !== null && (
        <div className={styles['content']} aria-busy={busy} data-other={at === 0 || undefined}>
          {children(data)}
        </div>
      )}
    </>
  );
}

/** Something is not as it should be; `again` tries to mend it. */
export function Notice({ again, children }: { again?: () => void; children: ReactNode }) {
  return (
    <div className={styles['notice']} role="alert">
      <Icon name="offline" />
      <p>{children}</p>
      {again !== undefined && (
        <button type="button" className={styles['again']} onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}

interface EmptyProps {
  title: string;
  text: string;
  action?: { href: string; label: string };
}

/** There is nothing yet, and what to do about it. */
export function Empty({ title, text, action }: EmptyProps) {
  return (
    <div className={styles['empty']}>
      <h2>{title}</h2>
      <p>{text}</p>
      {action !== undefined && (
        <Link className={styles['action']} href={action.href}>
          {action.label}
        </Link>
      )}
    </div>
  );
}
