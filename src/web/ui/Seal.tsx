/** The wax seal of a sealed action. */
export function Seal({ title }: { title?: string }) {
  const labelled = title === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': title };
  return (
    <svg viewBox="0 0 32 32" width="1em" height="1em" {...labelled}>
      <path
        fill="#cf202c"
        stroke="#7d0d16"
        strokeWidth="1.5"
        d="M16 2.5c2.2 0 3 1.9 4.9 2.6 1.9.700 3.9-.2 5.3 1.3s.7 3.5 1.5 5.3c.8 1.9 2.8 2.5 2.8 4.4s-2 2.6-2.8 4.5c-.8 1.8 0 3.9-1.5 5.3s-3.4.600-5.3 1.3c-1.9.7-2.7 2.3-4.9 2.3s-3-1.6-4.9-2.3-3.9.100-5.3-1.3-.7-3.5-1.5-5.3c-.8-1.9-2.8-2.6-2.8-4.5s2-2.5 2.8-4.4c.8-1.8 0-3.9 1.5-5.3s3.4-.6 5.3-1.3S13.8 2.5 16 2.5z"
      />
      <circle cx="16" cy="16" r="8" fill="none" stroke="#ff9d97" strokeWidth="1.5" />
      <path d="m12.3 16.2 2.7 2.7 5-5.3" fill="none" stroke="#ffd9d6" strokeWidth="2.2" strokeLinecap="round" />
    </svg>
  );
}
