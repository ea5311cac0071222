import { html, type Html } from './html.ts';
import { tokenField } from './layout.ts';

/** `next`: where to go from here. */
export const signInPage = (token: string, next: string, problem?: string): Html =>
  html`<div class="letter">
    <h1>Sign in</h1>
    <p class="lead">For the operators of this platform.</p>
    <form method="post" action="/sign-in">
      ${tokenField(token)}<input type="hidden" name="next" value="${next}" />
      ${problem !== undefined && html`<p class="problem" role="alert">${problem}</p>`}
      <div class="field">
        <label for="username">Name</label>
        <input id="username" name="username" autocomplete="username" autocapitalize="none" required />
      </div>
      <div class="field">
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required />
      </div>
      <button class="press">Sign in</button>
    </form>
  </div>`;

/** What a page says that could not be shown. */
export const problemPage = (title: string, detail: string): Html =>
  html`<div class="letter">
    <h1>${title}</h1>
    <p class="lead">${detail}</p>
    <p><a href="/">To the overview</a></p>
  </div>`;
