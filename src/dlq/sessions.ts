import { createHash, createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import type { Database } from '../platform/database/database.ts';
import type { Secret } from '../platform/secret.ts';

/** One browser's visit; nobody has signed in yet while `operator` is null. */
const Session = z.object({ id: z.uuid(), operator: z.string().nullable(), expiresAt: z.number() });
export type Session = z.infer<typeof Session>;

export const lifetimeMs = 12 * 60 * 60 * 1000;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
/** Takes as long whatever the texts are. */
export const isSame = (one: string, other: string): boolean => timingSafeEqual(digest(one), digest(other));

/**
 * Sessions are in their cookie, signed: any replica knows them. Those that were signed out of are in the database until
 * their time is up.
 */
export class Sessions {
  private readonly secret: Secret;
  private readonly database: Database;

  constructor(secret: Secret, database: Database) {
    this.secret = secret;
    this.database = database;
  }

  begin(operator: string | null, now = Date.now()): Session {
    return { id: randomUUID(), operator, expiresAt: now + lifetimeMs };
  }

  /** The value of the session's cookie. */
  seal(session: Session): string {
    const content = Buffer.from(JSON.stringify(session)).toString('base64url');
    return `${content}.${this.sign('session', content)}`;
  }

  /** The session of a cookie; null for one that is not ours, is over, or was signed out of. */
  async open(cookie: string | undefined, now = Date.now()): Promise<Session | null> {
    const [content = '', signature = ''] = cookie?.split('.') ?? [];
    if (!this.isOurs(signature, 'session', content)) return null;
    const { data: session } = Session.safeParse(JSON.parse(Buffer.from(content, 'base64url').toString()));
    if (!session || session.expiresAt <= now) return null;
    if (session.operator === null) return session;
    const ended = await this.database.query(
      { name: 'dlq-session', text: 'select from dlq.ended_sessions where id = $1' },
      [session.id],
    );
    return ended.length === 0 ? session : null;
  }

  /** For the forms of a session's pages. */
  tokenFor({ id }: Session): string {
    return this.sign('form', id);
  }

  async end({ id, expiresAt }: Session): Promise<void> {
    await this.database.query(
      { text: 'insert into dlq.ended_sessions (id, expires_at) values ($1, $2) on conflict do nothing' },
      [id, new Date(expiresAt)],
    );
  }

  async sweep(): Promise<void> {
    await this.database.query({ text: 'delete from dlq.ended_sessions where expires_at < now()' });
  }

  /** Whether it is the token of the session's forms. */
  holds(token: string, { id }: Session): boolean {
    return this.isOurs(token, 'form', id);
  }

  private isOurs(signature: string, purpose: string, content: string): boolean {
    return this.secret.all.some((secret) => isSame(signature, this.sign(purpose, content, secret)));
  }

  private sign(purpose: string, content: string, secret = this.secret.current): string {
    return createHmac('sha256', secret).update(`${purpose}:${content}`).digest('base64url');
  }
}
