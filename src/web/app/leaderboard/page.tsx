import type { Metadata } from 'next';
import { LeaderboardPage } from '../../leaderboard/LeaderboardPage.tsx';

export const metadata: Metadata = { title: 'Leaderboard' };

export default function Page() {
  return <LeaderboardPage />;
}
