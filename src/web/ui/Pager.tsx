import styles from './Pager.module.css';

interface PagerProps {
  page: number;
  total: number;
  perPage: number;
  turn: (page: number) => void;
  /** What is before and after this page. */
  words?: readonly [string, string];
}

/** The way through a list of several pages; nothing when there is one. */
export function Pager({ page, total, perPage, turn, words = ['Back', 'More'] }: PagerProps) {
  const pages = Math.ceil(total / perPage);
  if (pages <= 1) return null;
  return (
    <nav className={styles['pages']} aria-label="Pages">
      <button type="button" className={styles['turn']} disabled={page <= 1} onClick={() => turn(page - 1)}>
        {words[0]}
      </button>
      <span role="status">
        {page} of {pages}
      </span>
      <button type="button" className={styles['turn']} disabled={page >= pages} onClick={() => turn(page + 1)}>
        {words[1]}
      </button>
    </nav>
  );
}
