import type { Metadata } from 'next';
import { History } from '../../history/History.tsx';

export const metadata: Metadata = { title: 'Matches' };

export default function Page() {
  return <History />;
}
