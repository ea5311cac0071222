/** A round postmark with a word across it. Decorative: the word is always said beside it too. */
export function Cancellation({ text, date }: { text: string; date: string | null }) {
  const day = date === null ? '' : new Date(date).toISOString().slice(0, 10);
  return (
    <svg viewBox="0 0 240 160" aria-hidden="true" fill="none" stroke="currentColor">
      <circle cx="80" cy="80" r="72" strokeWidth="4" />
      <circle cx="80" cy="80" r="54" strokeWidth="2" />
      <path
        strokeWidth="4"
        d="M158 44c14-11 27 11 41 0s27 11 41 0M160 68c13-11 27 11 40 0s27 11 40 0M160 92c13-11 27 11 40 0s27 11 40 0M158 116c14-11 27 11 41 0s27 11 41 0"
      />
      <g fill="currentColor" stroke="none" fontFamily="var(--display)" fontWeight="900" textAnchor="middle">
        <path id="postmark-arc" d="M17.5 80a62.5 62.5 0 0 1 125 0" fill="none" />
        <text fontSize="15" letterSpacing="3" dominantBaseline="middle">
          <textPath href="#postmark-arc" startOffset="50%">
            IDEMPO ARENA
          </textPath>
        </text>
        <text x="80" y="90" fontSize={text.length > 7 ? 23 : 28} letterSpacing="1">
          {text}
        </text>
        <text x="80" y="112" fontSize="14">
          {day}
        </text>
      </g>
    </svg>
  );
}
