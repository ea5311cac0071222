import type { ReactNode } from 'react';

const drawings = {
  attack: (
    <>
      <path d="M19.5 3.5 9.8 13.2M19.5 3.5l-.6 4.6-8 8-2.9-2.9 8-8z" />
      <path d="m5.6 11.6 6.8 6.8M8.2 15.8l-4.4 4.4" />
    </>
  ),
  defend: (
    <path d="M12 2.8c2.4 1.8 4.9 2.6 7.6 2.7.2 6.9-1.8 12.2-7.6 15.7C6.2 17.7 4.2 12.4 4.4 5.5c2.7-.1 5.2-.9 7.6-2.7z" />
  ),
  collect: (
    <>
      <path d="M3.8 8 12 3.6 20.2 8v8.6L12 21l-8.2-4.4z" />
      <path d="M3.8 8 12 12.4 20.2 8M12 12.4V21M8 5.8l8.2 4.4" />
    </>
  ),
  move: (
    <path d="M12 3v18M3 12h18M12 3 9.4 5.6M12 3l2.6 2.6M12 21l-2.6-2.6M12 21l2.6-2.6M3 12l2.6-2.6M3 12l2.6 2.6M21 12l-2.6-2.6M21 12l-2.6 2.6" />
  ),
  up: <path d="m5 14.5 7-7 7 7" />,
  clock: (
    <>
      <circle cx="12" cy="12" r="8.6" />
      <path d="M12 7v5.2l3.4 2" />
    </>
  ),
  matches: (
    <>
      <path d="M4 6.5h16M4 12h16M4 17.5h10" />
    </>
  ),
  account: (
    <>
      <circle cx="12" cy="8.2" r="4" />
      <path d="M4.4 20.4c1-4 4-6 7.6-6s6.6 2 7.6 6" />
    </>
  ),
  play: <path d="M7 4.2 19.5 12 7 19.8z" />,
  pause: <path d="M8 4.5v15M16 4.5v15" strokeWidth="4" />,
  skip: <path d="M6 5.5 15 12l-9 6.5zM18.5 5v14" />,
  replay: (
    <>
      <path d="M4.5 12a7.5 7.5 0 1 0 2.6-5.7L4.5 8.6" />
      <path d="M4.5 4v4.6h4.6M10.5 9.2l4.5 2.8-4.5 2.8z" />
    </>
  ),
  link: (
    <path d="M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1.2 1.2M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.7l1.2-1.2" />
  ),
  market: (
    <path d="M4 11v9h16v-9M2.8 9.2 5 4h14l2.2 5.2a2.9 2.9 0 0 1-4.6 1 3.2 3.2 0 0 1-4.6 0 3.2 3.2 0 0 1-4.6 0 2.9 2.9 0 0 1-4.6-1zM9.5 20v-5.5h5V20" />
  ),
  items: <path d="M4 7.5h16V20H4zM8.5 7.5V6a3.5 3.5 0 0 1 7 0v1.5M4 12.5h16M10.5 12.5V15h3v-2.5" />,
  ranks: <path d="M4 20v-6.5h5.200M9.5 20V5h5v15M15 11h5v9M2.5 20h19" />,
  coin: (
    <>
      <circle cx="12" cy="12" r="8.6" />
      <path d="M8 10.3c2-1.8 4 1.8 6 0 .8-.7 1.4-.7 2-.3M8 14.3c2-1.8 4 1.8 6 0 .8-.7 1.4-.7 2-.3" />
    </>
  ),
  bell: <path d="M5 17.5h14l-1.6-2.3v-4.7a5.4 5.4 0 0 0-10.8 0v4.7zM10 20.3a2.2 2.2 0 0 0 4 0M12 5V3" />,
  check: <path d="m5 12.5 4.6 4.6L19 7.5" />,
  sound: <path d="M4 9.5v5h3.6L12 18.5v-13L7.6 9.5zM15.5 9a4.2 4.2 0 0 1 0 6M18 6.4a8 8 0 0 1 0 11.2" />,
  muted: <path d="M4 9.5v5h3.6L12 18.5v-13L7.6 9.5zM15.8 9.6l4.8 4.8M20.6 9.6l-4.8 4.8" />,
  light: (
    <>
      <circle cx="12" cy="12" r="4.2" />
      <path d="M12 2.5v2.4M12 19.1v2.4M2.5 12h2.4M19.1 12h2.4M5.3 5.3 7 7M17 17l1.7 1.7M5.3 18.7 7 17M17 7l1.7-1.7" />
    </>
  ),
  dark: <path d="M19.8 14.2A8.2 8.2 0 0 1 9.8 4.2a8.2 8.2 0 1 0 10 10z" />,
  leave: <path d="M10 4H4.5v16H10M9.5 12H20M16.2 8.2 20 12l-3.8 3.8" />,
  close: <path d="m5.5 5.5 13 13M18.5 5.5l-13 13" />,
  offline: (
    <path d="M3 3.5 21 20M5.2 10.7A10 10 0 0 1 8.4 8.6M12 7.5c2.7 0 5 1 6.9 3M8.3 14.2A5.4 5.4 0 0 1 12 12.8M12 17.8v.4" />
  ),
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof drawings;

/** A drawing beside words that say the same; so it is hidden from who cannot see it. */
export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill={name === 'play' ? 'currentColor' : 'none'}
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {drawings[name]}
    </svg>
  );
}
