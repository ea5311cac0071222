import type { Metadata } from 'next';
import { MarketPage } from '../../market/MarketPage.tsx';

export const metadata: Metadata = { title: 'Market' };

export default function Page() {
  return <MarketPage />;
}
