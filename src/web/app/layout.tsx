import type { Metadata, Viewport } from 'next';
import { connection } from 'next/server';
import type { ReactNode } from 'react';
import { Mail } from '../mail/Mail.tsx';
import { Header } from '../ui/Header.tsx';
import './globals.css';

export const metadata: Metadata = {
  title: { default: 'Idempo', template: '%s · Idempo' },
  description: 'A real-time arena for two to six. Every move lands. Once.',
};

export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  viewportFit: 'cover',
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#e3e8f3' },
    { media: '(prefers-color-scheme: dark)', color: '#0c0f27' },
  ],
};

export default async function Layout({ children }: { children: ReactNode }) {
  // Rendered for each request: the inline scripts of Next carry the nonce of the response's security policy.
  await connection();
  return (
    <html lang="en" suppressHydrationWarning>
      <head>
        <script src="/theme.js" />
      </head>
      <body>
        <Header />
        {children}
        <Mail />
      </body>
    </html>
  );
}
