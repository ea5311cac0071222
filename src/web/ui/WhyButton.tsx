import { useId } from 'react';
import type { ReactNode } from 'react';
import styles from './WhyButton.module.css';

interface WhyButtonProps {
  /** Why it does nothing now, in a few words; null when it does. */
  why: string | null;
  press: () => void;
  quiet?: boolean;
  children: ReactNode;
}

/** A button that says why when it is disabled; it can be reached all the same, so that everybody gets to know. */
export function WhyButton({ why, press, quiet = false, children }: WhyButtonProps) {
  const id = useId();
  return (
    <div>
      <button
        type="button"
        className={styles['button']}
        data-quiet={quiet || undefined}
        aria-disabled={why !== null}
        aria-describedby={why === null ? undefined : id}
        onClick={() => {
          if (why === null) press();
        }}
      >
        {children}
      </button>
      {why !== null && (
        <p id={id} className={styles['why']}>
          {why}
        </p>
      )}
    </div>
  );
}
