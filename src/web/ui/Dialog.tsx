'use client';

import { useCallback, useEffect, useId, useRef } from 'react';
import type { ReactNode } from 'react';
import styles from './Dialog.module.css';
import { Icon } from './Icon.tsx';

interface DialogProps {
  title: string;
  /** It is closed: by its button, by Escape, or beside it. */
  closed: () => void;
  /** Gets what closes the dialog. */
  children: (close: () => void) => ReactNode;
}

/** A letter over the page; the page behind it waits. */
export function Dialog({ title, closed, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const id = useId();
  useEffect(() => {
    if (dialog.current?.open === false) dialog.current.showModal();
  }, []);
  // Each new title is read out; and what was pressed before may be gone.
  useEffect(() => heading.current?.focus(), [title]);
  // Closed by the element itself, so that the browser gives the focus back to where it was.
  const close = useCallback(() => dialog.current?.close(), []);
  return (
    <dialog
      ref={dialog}
      className={styles['dialog']}
      aria-labelledby={id}
      onClose={closed}
      onClick={(event) => {
        if (event.target === dialog.current) close();
      }}
    >
      <div className={styles['sheet']}>
        <header className={styles['head']}>
          <h2 id={id} ref={heading} tabIndex={-1}>
            {title}
          </h2>
          <button type="button" className={styles['close']} aria-label="Close" onClick={close}>
            <Icon name="close" />
          </button>
        </header>
        {children(close)}
      </div>
    </dialog>
  );
}
