import { html, type Content, type Html } from './html.ts';
import { styleHref } from './style.ts';

/** What every page has around it. */
export interface Frame {
  title: string;
  /** Null while nobody has signed in. */
  operator: string | null;
  /** Of the session, for the forms. */
  token: string;
  /** Where the page is. */
  path: string;
  /** What was just done, or what is wrong with it. */
  notice?: { text: Content; bad?: boolean };
}

const places = [
  { path: '/', label: 'Overview' },
  { path: '/messages', label: 'Messages' },
  { path: '/audit', label: 'Audit trail' },
];

/** Proves that a form is from a page of this session. */
export const tokenField = (token: string): Html => html`<input type="hidden" name="token" value="${token}" />`;

const brand = html`<svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
  <path
    fill="var(--press)"
    d="M2 2h3.5a2.5 2.5 0 0 0 5 0h3a2.5 2.5 0 0 0 5 0h3a2.5 2.5 0 0 0 5 0H30v28h-3.5a2.5 2.5 0 0 0-5 0h-3a2.5 2.5 0 0 0-5 0h-3a2.5 2.5 0 0 0-5 0H2z"
  />
  <ellipse cx="12" cy="15" rx="3.6" ry="4.8" fill="#fff" />
  <ellipse cx="20" cy="15" rx="3.6" ry="4.8" fill="#fff" />
  <circle cx="13" cy="15.5" r="1.9" fill="#12163a" />
  <circle cx="21" cy="15.5" r="1.9" fill="#12163a" />
</svg>`;

const account = ({ operator, token }: Frame): Content =>
  operator !== null &&
  html`<form class="account" method="post" action="/sign-out">
    ${tokenField(token)}
    <span>${operator}</span>
    <button class="link">Sign out</button>
  </form>`;

const navigation = ({ operator, path }: Frame): Content =>
  operator !== null &&
  html`<nav aria-label="Main">
    ${places.map(
      (place) => html`<a href="${place.path}" ${place.path === path && html`aria-current="page"`}>${place.label}</a>`,
    )}
  </nav>`;

const noticeOf = ({ notice }: Frame): Content =>
  notice && html`<p class="notice ${notice.bad && 'bad'}" role="${notice.bad ? 'alert' : 'status'}">${notice.text}</p>`;

/** A whole page. */
export const layout = (frame: Frame, content: Content): Html =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>${frame.title} · Dead letters · Idempo</title>
        <link rel="icon" href="/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="${styleHref}" />
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header>
          <a class="brand" href="/">${brand}<span>Idempo</span> <span class="office">Dead letters</span></a>
          ${navigation(frame)} ${account(frame)}
        </header>
        <main id="main">${noticeOf(frame)} ${content}</main>
      </body>
    </html>`;
