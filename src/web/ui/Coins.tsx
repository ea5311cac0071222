import styles from './Coins.module.css';
import { count, several } from './format.ts';

/** An amount of money. `signed`: a gain has its plus. */
export function Coins({ amount, signed = false }: { amount: number; signed?: boolean }) {
  return (
    <span className={styles['amount']}>
      <Coin />
      {signed ? signedCount(amount) : count(amount)}
      <span className="sr-only"> {Math.abs(amount) === 1 ? 'coin' : 'coins'}</span>
    </span>
  );
}

/** A number of stamps; `named` writes the word. */
export function Stamps({
  amount,
  signed = false,
  named = false,
}: {
  amount: number;
  signed?: boolean;
  named?: boolean;
}) {
  const word = several(Math.abs(amount), 'stamp').replace(/^\S+ /, '');
  return (
    <span className={styles['amount']}>
      <Stamp />
      {signed ? signedCount(amount) : count(amount)}
      <span className={named ? undefined : 'sr-only'}> {word}</span>
    </span>
  );
}

const signedCount = (n: number) => (n < 0 ? `−${count(-n)}` : `+${count(n)}`);

export function Coin() {
  return (
    <svg className={styles['coin']} viewBox="0 0 24 24" fill="none" stroke="currentColor" aria-hidden="true">
      <circle cx="12" cy="12" r="10.5" strokeWidth="3" />
      <path
        strokeWidth="2.6"
        strokeLinecap="round"
        d="M6.8 9.7c2.6-2.4 5.2 2.4 7.8 0 1-.9 1.8-.9 2.6-.4M6.8 14.7c2.6-2.4 5.2 2.4 7.8 0 1-.9 1.8-.9 2.6-.4"
      />
    </svg>
  );
}

export function Stamp() {
  return (
    <svg className={styles['stamp']} viewBox="0 0 24 24" aria-hidden="true">
      <path
        fill="currentColor"
        d="M1 1h3a2.2 2.2 0 0 0 4.4 0h1.4a2.2 2.2 0 0 0 4.4 0h1.4a2.2 2.2 0 0 0 4.4 0h3v22h-3a2.2 2.2 0 0 0-4.4 0h-1.4a2.2 2.2 0 0 0-4.4 0H8.4a2.2 2.2 0 0 0-4.4 0H1z"
      />
      <rect x="6" y="6" width="12" height="12" fill="var(--sheet)" />
      <path d="M8.5 12.2 11 14.7l4.6-5" fill="none" stroke="currentColor" strokeWidth="2.4" strokeLinecap="round" />
    </svg>
  );
}
