'use client';

import { setMuted, useMuted } from '../sound/mute.ts';
import { Icon } from './Icon.tsx';
import { useTheme } from './theme.ts';
import styles from './Header.module.css';

export function SoundToggle() {
  const muted = useMuted();
  return (
    <button type="button" className={styles['toggle']} aria-pressed={muted} onClick={() => setMuted(!muted)}>
      <Icon name={muted ? 'muted' : 'sound'} />
      <span className="sr-only">Mute</span>
    </button>
  );
}

export function ThemeToggle() {
  const [theme, choose] = useTheme();
  return (
    <button
      type="button"
      className={styles['toggle']}
      aria-pressed={theme === 'dark'}
      onClick={() => choose(theme === 'dark' ? 'light' : 'dark')}
    >
      <Icon name={theme === 'dark' ? 'light' : 'dark'} />
      <span className="sr-only">Dark colours</span>
    </button>
  );
}
