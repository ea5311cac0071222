import type { Metadata } from 'next';
import { MatchPage } from '../../../match/MatchPage.tsx';

export const metadata: Metadata = { title: 'Match' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return <MatchPage matchId={id} />;
}
