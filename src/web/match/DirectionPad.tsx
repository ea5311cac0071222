import type { Direction } from '../../contracts/match.ts';
import { Icon } from '../ui/Icon.tsx';
import styles from './Controls.module.css';
import type { PlayerInput } from './usePlayerInput.ts';

const directions: readonly Direction[] = ['north', 'west', 'east', 'south'];

/** The way to move by thumb; held, it goes on. */
export function DirectionPad({ input }: { input: PlayerInput }) {
  return (
    <div className={styles['pad']} role="group" aria-label="Move">
      {directions.map((direction) => (
        <button
          key={direction}
          type="button"
          data-direction={direction}
          aria-label={`Move ${direction}`}
          onPointerDown={(event) => {
            // The keyboard stays with the match, and the finger may slide off the button without letting go.
            event.preventDefault();
            event.currentTarget.setPointerCapture(event.pointerId);
            input.hold(direction);
          }}
          onLostPointerCapture={() => input.release(direction)}
          onContextMenu={(event) => event.preventDefault()}
          onClick={(event) => {
            if (event.detail > 0) return;
            input.hold(direction);
            input.release(direction);
          }}
        >
          <Icon name="up" size={30} />
        </button>
      ))}
    </div>
  );
}
