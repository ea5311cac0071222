'use client';

import { Announcement } from '../ui/Announcement.tsx';

/** A mistake of ours in rendering a page: said as such, with the way back. */
export default function PageError() {
  return (
    <Announcement
      title="Lost in the post"
      text="This page broke. Your player and your match are fine."
      action={{ href: '/', label: 'To the front page' }}
    />
  );
}
