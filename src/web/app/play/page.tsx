import type { Metadata } from 'next';
import { FindMatch } from '../../match/FindMatch.tsx';

export const metadata: Metadata = { title: 'Find a match' };

export default function Page() {
  return <FindMatch />;
}
