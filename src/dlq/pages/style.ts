import { createHash } from 'node:crypto';

/** The display face of the web page, in base64; the bundle has it, from its sources the console takes what is installed. */
declare const DISPLAY_FONT: string | undefined;
export const font = typeof DISPLAY_FONT === 'string' ? Buffer.from(DISPLAY_FONT, 'base64') : null;

/** The colours and type of the web page (src/web/app/globals.css): airmail paper by day, its ink by night. */
export const style = `
@font-face {
  font-family: 'Big Shoulders';
  src: url('/display.woff2') format('woff2');
  font-weight: 100 900;
  font-display: swap;
}
:root {
  color-scheme: light dark;
  --paper: light-dark(#e3e8f3, #0c0f27);
  --sheet: light-dark(#fafbff, #161a3d);
  --sheet-2: light-dark(#eef1fa, #1f2450);
  --ink: light-dark(#12163a, #f1f3ff);
  --muted: light-dark(#474d74, #adb4e0);
  --line: light-dark(#c0c8de, #343b76);
  --blue: light-dark(#2440c9, #9aabff);
  --red: light-dark(#bd1723, #ff8680);
  --green: light-dark(#0b6e43, #54d596);
  --press: light-dark(#cf202c, #d92b36);
  --press-edge: light-dark(#96121c, #8d1019);
  --air-red: light-dark(#d6262f, #e8454c);
  --air-blue: light-dark(#2b49d6, #5470f2);
  --shadow: light-dark(rgb(18 22 58 / 16%), rgb(0 0 0 / 45%));
  --display: 'Big Shoulders', 'Arial Narrow', 'Helvetica Neue Condensed', sans-serif;
  --text: system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif;
  --code: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace;
  --small: 0.8125rem;
  --airmail: repeating-linear-gradient(-55deg, var(--air-red) 0 16px, transparent 16px 24px, var(--air-blue) 24px 40px, transparent 40px 48px);
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scrollbar-gutter: stable; }
body { margin: 0; min-height: 100dvh; background: var(--paper); color: var(--ink); font: 0.9375rem/1.5 var(--text); -webkit-font-smoothing: antialiased; }
h1, h2, p, ul, ol, dl, dd, pre { margin: 0; padding: 0; }
ul, ol { list-style: none; }
h1, h2 { font-family: var(--display); font-weight: 900; line-height: 0.95; text-wrap: balance; }
h1 { font-size: clamp(2rem, 1.4rem + 2.4vw, 3rem); overflow-wrap: anywhere; }
h2 { font-size: 1.5rem; overflow-wrap: anywhere; }
a { color: var(--blue); text-underline-offset: 0.2em; }
button, input, select { font: inherit; color: inherit; }
button { cursor: pointer; touch-action: manipulation; }
svg { display: block; }
code, pre, .error, .fault, .key { font-family: var(--code); font-size: var(--small); overflow-wrap: anywhere; }
:focus-visible { outline: 3px solid var(--blue); outline-offset: 2px; border-radius: 4px; }
.sr-only { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.skip { position: absolute; left: 1rem; top: -4rem; padding: 0.6rem 1rem; border-radius: 8px; background: var(--sheet); z-index: 1; }
.skip:focus { top: 0.5rem; }
.meta, .lead, .more { color: var(--muted); }
.meta, .more { font-size: var(--small); }

header { display: flex; align-items: center; gap: 0.5rem 1.5rem; min-height: 56px; padding: 0 clamp(1rem, 3vw, 2.5rem); }
.brand { display: flex; align-items: center; gap: 0.55rem; color: var(--ink); text-decoration: none; font: 900 1.65rem/1 var(--display); letter-spacing: 0.01em; }
.office { padding-left: 0.65rem; border-left: 2px solid var(--line); color: var(--muted); }
header nav { display: flex; gap: 0.25rem; }
header nav a { padding: 0.4rem 0.75rem; border-radius: 999px; color: var(--muted); font-weight: 600; text-decoration: none; white-space: nowrap; }
header nav a:hover { color: var(--ink); }
header nav a[aria-current] { background: var(--sheet); color: var(--ink); }
.account { display: flex; align-items: center; gap: 0.75rem; margin-left: auto; font-weight: 600; }
.link { min-height: 40px; padding: 0 0.25rem; border: 0; background: none; color: var(--blue); font-weight: 600; text-decoration: underline; text-underline-offset: 0.2em; }

main { max-width: 1120px; margin: 0 auto; padding: clamp(1rem, 4vh, 2.5rem) clamp(1rem, 3vw, 2.5rem) 5rem; }
.head { margin-bottom: 1.5rem; }
.lead { max-width: 64ch; margin-top: 0.5rem; text-wrap: pretty; }
.notice { margin-bottom: 1.25rem; padding: 0.75rem 1rem; border-left: 4px solid var(--green); border-radius: 4px; background: var(--sheet); font-weight: 600; overflow-wrap: anywhere; }
.notice.bad { border-color: var(--red); }
.empty { padding: 2.5rem 0; color: var(--muted); }
.sheet { padding: 1.25rem clamp(1rem, 2.5vw, 1.5rem); border-radius: 6px; background: var(--sheet); box-shadow: 0 2px 10px var(--shadow); }
.letter { position: relative; display: grid; gap: 1.25rem; width: min(100%, 460px); margin: clamp(0rem, 6vh, 4rem) auto 0; padding: calc(clamp(1.25rem, 4vw, 2.25rem) + 10px) clamp(1.25rem, 4vw, 2.25rem) clamp(1.25rem, 4vw, 2.25rem); border-radius: 6px; background: var(--sheet); box-shadow: 0 12px 32px var(--shadow); overflow: hidden; }
.letter::before { content: ''; position: absolute; inset: 0 0 auto; height: 10px; background: var(--airmail); }
.letter form { display: grid; gap: 1.1rem; }
.problem { color: var(--red); font-weight: 600; }

.press, .quiet { display: inline-flex; align-items: center; justify-content: center; min-height: 44px; padding: 0.4rem 1.3rem 0.6rem; border: 0; border-radius: 10px; background: var(--press); box-shadow: inset 0 -4px 0 var(--press-edge); color: #fff; font: 800 1.2rem/1 var(--display); letter-spacing: 0.015em; text-decoration: none; transition: transform 80ms; }
.press:hover, .quiet:hover { transform: translateY(-1px); }
.press:active, .quiet:active { transform: translateY(2px); }
.quiet { background: var(--sheet); box-shadow: inset 0 0 0 1.5px var(--line), inset 0 -4px 0 var(--line); color: var(--ink); }
.buttons { display: flex; flex-wrap: wrap; align-items: center; gap: 0.75rem 1.25rem; }
.field { display: grid; gap: 0.3rem; min-width: 0; }
.field label { color: var(--muted); font-size: var(--small); font-weight: 600; }
.field input, .field select { width: 100%; min-width: 0; min-height: 44px; padding: 0 0.8rem; border: 1.5px solid var(--muted); border-radius: 8px; background: var(--sheet); }
.letter .field input { background: var(--paper); }

.topics { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); align-items: start; gap: 1.25rem; }
.topics h2 a { color: inherit; text-decoration: none; }
.topics h2 a:hover { text-decoration: underline; }
.figures { display: flex; flex-wrap: wrap; align-items: end; gap: 0.75rem 2rem; margin: 1rem 0; }
.figures div { display: flex; flex-direction: column-reverse; }
.figures dt { color: var(--muted); font-size: var(--small); }
.figures dd { font: 800 1.5rem/1.1 var(--display); }
.figures .waiting dd { color: var(--red); font-size: 3.25rem; line-height: 0.9; font-weight: 900; }
.figures .waiting.none dd { color: var(--muted); }
.groups { border-top: 1.5px dashed var(--line); }
.groups a { display: grid; grid-template-columns: 4rem minmax(0, 1fr); gap: 0 0.75rem; padding: 0.55rem 0.25rem; border-bottom: 1.5px dashed var(--line); color: var(--ink); text-decoration: none; }
.groups a:hover, .letters a:hover { background: var(--sheet-2); }
.groups .size { font: 800 1.25rem/1.2 var(--display); text-align: right; }
.groups .meta { grid-column: 2; }
.more { margin-top: 0.6rem; }
.decided { display: flex; gap: 1.25rem; margin-top: 0.9rem; font-size: var(--small); }

.search { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 0.75rem 1rem; margin-bottom: 1.5rem; }
.search .buttons, .search details { grid-column: 1 / -1; }
.search summary { color: var(--muted); font-size: var(--small); font-weight: 600; cursor: pointer; }
.fields { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 0.75rem 1rem; margin-top: 0.5rem; }
.letters { border-top: 1.5px dashed var(--line); }
.letters li { display: grid; grid-template-columns: 44px minmax(0, 1fr) auto; align-items: center; gap: 0 0.5rem; border-bottom: 1.5px dashed var(--line); }
.pick { display: grid; place-items: center; width: 44px; height: 44px; cursor: pointer; }
.pick input { width: 20px; height: 20px; margin: 0; accent-color: var(--blue); }
.letters a { display: grid; grid-template-columns: 13rem minmax(0, 1fr); gap: 0.1rem 1rem; padding: 0.6rem 0.5rem; color: var(--ink); text-decoration: none; }
.what { font: 800 1.2rem/1.2 var(--display); overflow-wrap: anywhere; }
.letters .error { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; align-self: center; }
.letters .meta { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 0 1rem; }
.status { padding: 0.1rem 0.6rem; border: 1.5px solid currentColor; border-radius: 999px; color: var(--red); font-size: var(--small); font-weight: 600; white-space: nowrap; }
.status.replayed { color: var(--green); }
.status.discarded { color: var(--muted); }
.turns { display: flex; gap: 1rem; margin-top: 1.25rem; }
.decide { display: flex; flex-wrap: wrap; align-items: end; gap: 0.75rem 2.5rem; margin: 1.25rem 0; }
.discard { display: grid; grid-template-columns: minmax(0, 1fr) auto; flex: 1 1 20rem; align-items: end; gap: 0.75rem; }
html:has(.bar) { scroll-padding-bottom: 6rem; }
.bar { position: sticky; bottom: 0; display: flex; flex-wrap: wrap; align-items: center; gap: 0.6rem 1rem; margin-top: 1.25rem; padding: 0.75rem 0; border-top: 1.5px solid var(--line); background: var(--paper); }

.fault { padding: 1rem clamp(1rem, 2.5vw, 1.5rem); border-left: 4px solid var(--red); border-radius: 4px; background: var(--sheet); font-size: 0.9375rem; }
.two { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); align-items: start; gap: 1.25rem; }
.sheet h2 { margin-bottom: 0.75rem; }
main > .sheet, .two { margin-top: 1.25rem; }
.facts div, .headers div { display: grid; grid-template-columns: 9rem minmax(0, 1fr); gap: 0 1rem; padding: 0.3rem 0; border-bottom: 1.5px dashed var(--line); }
.headers div { grid-template-columns: minmax(9rem, 1fr) minmax(0, 3fr); }
.facts dt, .headers dt { color: var(--muted); font-size: var(--small); overflow-wrap: anywhere; }
.facts dd, .headers dd { overflow-wrap: anywhere; }
.headers dd { font-family: var(--code); font-size: var(--small); white-space: pre-wrap; }
.history li { padding: 0.35rem 0; border-bottom: 1.5px dashed var(--line); overflow-wrap: anywhere; }
pre { max-height: 32rem; margin-top: 0.75rem; padding: 0.9rem; border-radius: 6px; background: var(--sheet-2); overflow: auto; white-space: pre-wrap; }
pre.bytes { white-space: pre; }
.result { font-weight: 600; overflow-wrap: anywhere; }
progress { width: 100%; height: 14px; margin: 0.75rem 0; accent-color: var(--blue); }
.audit li { display: grid; grid-template-columns: 9rem minmax(0, 1fr); gap: 0.1rem 1rem; padding: 0.75rem 0; border-bottom: 1.5px dashed var(--line); overflow-wrap: anywhere; }
.audit .what { grid-row: span 4; }

@media (max-width: 900px) {
  header { flex-wrap: wrap; padding-block: 0.5rem; }
  header nav { order: 1; width: 100%; }
  header nav a { flex: 1; text-align: center; }
  .search, .fields { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .two { grid-template-columns: minmax(0, 1fr); }
}
@media (max-width: 640px) {
  .account span { display: none; }
  .letters li { grid-template-columns: 36px minmax(0, 1fr); }
  .letters a { grid-template-columns: minmax(0, 1fr); padding-inline: 0.25rem; }
  .letters .status { grid-column: 2; justify-self: start; margin: 0 0 0.6rem 0.25rem; }
  .brand { font-size: 1.3rem; gap: 0.4rem; }
  .bar .press, .bar .quiet { flex: 1; padding-inline: 0.5rem; }
  .decide form:not(.discard), .decide .press { width: 100%; }
  .audit li, .facts div, .headers div { grid-template-columns: minmax(0, 1fr); }
  .search .field:has([type='datetime-local']) { grid-column: 1 / -1; }
}
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { transition-duration: 0.01ms !important; }
}
`;

export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><path fill="#cf202c" d="M2 2h3.5a2.5 2.5 0 0 0 5 0h3a2.5 2.5 0 0 0 5 0h3a2.5 2.5 0 0 0 5 0H30v28h-3.5a2.5 2.5 0 0 0-5 0h-3a2.5 2.5 0 0 0-5 0h-3a2.5 2.5 0 0 0-5 0H2z"/><ellipse cx="12" cy="15" rx="3.6" ry="4.8" fill="#fff"/><ellipse cx="20" cy="15" rx="3.6" ry="4.8" fill="#fff"/><circle cx="13" cy="15.5" r="1.9" fill="#12163a"/><circle cx="21" cy="15.5" r="1.9" fill="#12163a"/></svg>`;

/** Another one with each version of it, so that browsers keep it. */
export const styleHref = `/style.css?v=${createHash('sha256').update(style).digest('hex').slice(0, 12)}`;
