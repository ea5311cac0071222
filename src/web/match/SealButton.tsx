import { several } from '../ui/format.ts';
import { Seal } from '../ui/Seal.tsx';
import styles from './Controls.module.css';

interface SealButtonProps {
  /** How many the player has; null while it is not known. */
  stamps: number | null;
  /** The next action is to be sealed. */
  sealing: boolean;
  seal: () => void;
}

/** Puts a stamp on the next action. Pressed again before it, it takes the stamp back. */
export function SealButton({ stamps, sealing, seal }: SealButtonProps) {
  return (
    <button
      type="button"
      className={styles['seal']}
      aria-pressed={sealing}
      aria-disabled={stamps === null || stamps === 0}
      aria-keyshortcuts="4"
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.preventDefault();
        seal();
      }}
      onContextMenu={(event) => event.preventDefault()}
      onClick={(event) => {
        if (event.detail === 0) seal();
      }}
    >
      <span className={styles['wax']}>
        <Seal />
      </span>
      <span className={styles['label']}>
        Seal
        <span className={styles['why']}>
          {stamps === null ? '…' : stamps === 0 ? 'no stamps' : several(stamps, 'stamp')}
        </span>
      </span>
      <kbd aria-hidden="true">4</kbd>
    </button>
  );
}
