import type { ReactNode } from 'react';
import type { CatalogueId } from '../../contracts/items.ts';

/** Each kind of sword, upright in 40×100: blade, engraving, guard, grip. */
const swords: Record<CatalogueId, ReactNode> = {
  iron_sword: (
    <>
      <path fill="var(--sheet)" d="M15 68V22l5-9 5 9v46z" />
      <path d="M20 22v42M17.5 30v34M22.5 30v34" strokeWidth="1" />
      <path fill="currentColor" d="M10 68h20v5H10z" />
      <path d="M17.5 73v14h5V73M17.5 77h5M17.5 81.5h5" />
      <circle cx="20" cy="89.5" r="3" fill="currentColor" />
    </>
  ),
  steel_sword: (
    <>
      <path fill="var(--sheet)" d="M13.5 66V16L20 4l6.5 12v50z" />
      <path d="M20 6v56" strokeWidth="2.4" />
      <path d="M16 24v38M24 24v38M13.5 60l6.5 5 6.5-5" strokeWidth="1" />
      <path fill="currentColor" d="M4 63.5c4 4.5 10 3.5 16 3.5s12 1 16-3.5c1 6-3 8.5-7 8.5H11c-4 0-8-2.5-7-8.5z" />
      <path d="M17 72v15h6V72M17 76.5l6 3M17 81.5l6 3" />
      <path fill="var(--sheet)" d="m20 86.5 5 4.5-5 4.5-5-4.5z" />
    </>
  ),
  rare_sword_01: (
    <>
      <path fill="var(--sheet)" d="M13 64c-2.5-8 2-12 .5-20s2-12 .5-19S20 1 20 1s7.5 17 6 24 2 11 .5 19 3 12 .5 20z" />
      <path d="M20 8c-1.5 9 1.5 12 0 20s1.5 12 0 20 .5 10 0 14" strokeWidth="2.4" />
      <path d="M16.5 26c1 8-1.5 12 0 19s-1.5 11-.5 16M23.5 26c-1 8 1.5 12 0 19s1.5 11 .5 16" strokeWidth="1" />
      <path fill="currentColor" d="M1 57c3 0 3.5 6 8.5 6h21c5 0 5.5-6 8.5-6 1.5 8-4 14-9.5 14h-19C4 71 -.5 65 1 57z" />
      <circle cx="20" cy="67" r="3.6" fill="var(--air-red)" stroke="var(--sheet)" strokeWidth="1.4" />
      <path d="M16.5 71v15h7V71M16.5 74.5l7 3.5M16.5 79l7 3.5" />
      <path fill="currentColor" d="M20 85c4 0 6 2.5 6 5s-2.5 5.5-6 8c-3.5-2.5-6-5.5-6-8s2-5 6-5z" />
    </>
  ),
};

/** An engraving in the ink of whatever it is put on. Decorative; the words beside it say what it is. */
export function Sword({ kind }: { kind: CatalogueId }) {
  return (
    <svg
      viewBox="11 11 78 78"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <g transform="translate(50 50) rotate(42) translate(-20 -50)">{swords[kind]}</g>
    </svg>
  );
}
