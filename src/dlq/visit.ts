import type { Context } from 'koa';
import type { Content } from './pages/html.ts';
import { layout, type Frame } from './pages/layout.ts';
import { lifetimeMs, type Session, type Sessions } from './sessions.ts';

const cookieName = 'idempo_dlq';

/** A request of somebody who looks at the console: whose it is, and how it is answered with a page. */
export class Visit {
  private readonly context: Context;
  private readonly sessions: Sessions;
  private session: Session;

  constructor(context: Context, sessions: Sessions) {
    this.context = context;
    this.sessions = sessions;
    this.session = sessions.begin(null);
  }

  /** Null while nobody has signed in. */
  get operator(): string | null {
    return this.session.operator;
  }

  /** For the forms of the page. */
  get token(): string {
    return this.sessions.tokenFor(this.session);
  }

  /** Whether a form's token is of this session. */
  holds(token: string): boolean {
    return this.sessions.holds(token, this.session);
  }

  /** Takes up the session of the request's cookie, or begins one, so that every form has its token. */
  async recognise(): Promise<void> {
    const known = await this.sessions.open(this.context.cookies.get(cookieName));
    if (known) this.session = known;
    else this.become(null);
  }

  /** Another session, so that nobody who knew the old one has it. */
  become(operator: string | null): void {
    this.session = this.sessions.begin(operator);
    this.context.cookies.set(cookieName, this.sessions.seal(this.session), {
      httpOnly: true,
      sameSite: 'strict',
      secure: this.context.secure,
      overwrite: true,
      maxAge: lifetimeMs,
    });
  }

  /** The session is over, here and for whoever else may have its cookie. */
  async end(): Promise<void> {
    await this.sessions.end(this.session);
    this.become(null);
  }

  show(title: string, content: Content, notice?: Frame['notice']): void {
    const { operator, token, context } = this;
    const frame = { title, operator, token, path: context.path, ...(notice ? { notice } : {}) };
    context.type = 'html';
    context.body = layout(frame, content).text;
  }

  /** Leads to an address of the console, in a way that a reload repeats nothing. */
  leadTo({ pathname, search }: URL): void {
    this.context.status = 303;
    this.context.redirect(pathname + search);
  }
}

/** An address of the console, whatever a form says. */
export const local = (address: string): URL => {
  const console = 'http://console';
  const url = URL.canParse(address, console) ? new URL(address, console) : new URL(console);
  // A path that begins with two slashes would be another host, as soon as it is given without this one.
  return url.origin === console && !url.pathname.startsWith('//') ? url : new URL(console);
};
