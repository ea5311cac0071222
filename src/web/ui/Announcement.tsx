import Link from 'next/link';
import styles from './Announcement.module.css';

interface AnnouncementProps {
  title: string;
  text?: string | undefined;
  action?: { href: string; label: string };
}

/** A page with one thing to say. */
export function Announcement({ title, text, action }: AnnouncementProps) {
  return (
    <main className={styles['announcement']}>
      <h1>{title}</h1>
      <p role="status">{text}</p>
      {action !== undefined && (
        <Link className={styles['action']} href={action.href}>
          {action.label}
        </Link>
      )}
    </main>
  );
}
