import type { Listing, SagaState } from '../../contracts/economy.ts';
import { Icon } from '../ui/Icon.tsx';
import styles from './Market.module.css';
import { stepsOf, undoing } from './steps.ts';

interface TrackingProps {
  state: SagaState;
  listing: Listing;
  /** The market has taken the order. */
  ordered: boolean;
}

const said = { done: 'done', now: 'under way', open: 'to come' } as const;

/** Where a purchase is, step by step, as a parcel is tracked. */
export function Tracking({ state, listing: { price, sellerName, item }, ordered }: TrackingProps) {
  const terms = { price, sellerName, itemName: item.name };
  const undone = undoing(state, terms);
  if (undone !== null) {
    return (
      <p className={styles['undoing']} role="status">
        {undone}
      </p>
    );
  }
  const steps = stepsOf(state, terms);
  const current = steps.find((step) => step.state === 'now');
  return (
    <>
      <ol className={styles['steps']}>
        {steps.map((step) => (
          <li key={step.text} data-state={ordered ? step.state : 'open'}>
            <span className={styles['dot']}>{step.state === 'done' && <Icon name="check" size={14} />}</span>
            <span>
              {step.text}
              <span className="sr-only">, {said[step.state]}</span>
            </span>
          </li>
        ))}
      </ol>
      <p className="sr-only" role="status">
        {current?.text ?? 'Done: it is yours.'}
      </p>
    </>
  );
}
