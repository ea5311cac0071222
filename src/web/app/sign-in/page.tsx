import type { Metadata } from 'next';
import { SignIn } from '../../account/SignIn.tsx';

export const metadata: Metadata = { title: 'Sign in' };

export default async function Page({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  return <SignIn fresh={'new' in (await searchParams)} />;
}
