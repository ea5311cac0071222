import type { ReactNode } from 'react';
import styles from './page.module.css';

interface PageProps {
  title: string;
  lead?: ReactNode;
  /** Beside the title: ways to other parts of the same. */
  beside?: ReactNode;
  children: ReactNode;
}

export function Page({ title, lead, beside, children }: PageProps) {
  return (
    <main className={styles['page']}>
      <header className={styles['head']}>
        <div>
          <h1>{title}</h1>
          {lead !== undefined && <p className={styles['lead']}>{lead}</p>}
        </div>
        {beside}
      </header>
      {children}
    </main>
  );
}
