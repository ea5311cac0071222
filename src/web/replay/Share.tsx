'use client';

import { useState } from 'react';
import { Icon } from '../ui/Icon.tsx';
import styles from './Replay.module.css';

/** Gives the link away: by the device's own way on a phone, else by the clipboard. */
export function Share() {
  const [said, say] = useState('');
  const share = async () => {
    const url = window.location.href;
    try {
      if ('share' in navigator && matchMedia('(pointer: coarse)').matches) await navigator.share({ url });
      else {
        await navigator.clipboard.writeText(url);
        say('Copied');
      }
    } catch (failure) {
      // Closed without sharing is fine; where there is no clipboard (plain HTTP in a network), the address bar has the link.
      const aborted = failure instanceof Error && failure.name === 'AbortError';
      if (!aborted) say('Copy it from the address bar');
    }
  };
  return (
    <div className={styles['share']}>
      <span role="status">{said}</span>
      <button type="button" className={styles['copy']} onClick={() => void share()}>
        <Icon name="link" size={18} /> Share
      </button>
    </div>
  );
}
