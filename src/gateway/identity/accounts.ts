import { randomUUID } from 'node:crypto';
import { raw, UniqueConstraintViolationException, type EntityManager } from '@mikro-orm/core';
import type { Credentials } from '../../contracts/api.ts';
import { PlayerId } from '../../contracts/ids.ts';
import { ApiError } from '../../platform/errors.ts';
import { logger } from '../../platform/telemetry/logger.ts';
import { Account, Session } from './entities.ts';
import { guestName } from './guest-names.ts';
import type { Passwords } from './passwords.ts';
import { decode, encode, hashOf, newRefreshToken, type RefreshToken } from './refresh-token.ts';
import type { Identity } from './tokens.ts';

/** A player who has just proved to be that, and the refresh token to prove it with next time. */
export interface SignedIn extends Identity {
  refreshToken: string;
}

const dayMs = 24 * 60 * 60 * 1000;
const nameTries = 20;

/** Players, their passwords and their sessions, in the schema `identity`. */
export class Accounts {
  private readonly em: EntityManager;
  private readonly passwords: Passwords;
  /** How long a session lasts after its last use. */
  private readonly sessionMs: number;

  constructor(em: EntityManager, passwords: Passwords, sessionDays: number) {
    this.em = em;
    this.passwords = passwords;
    this.sessionMs = sessionDays * dayMs;
  }

  /** A new player under a generated name that is nobody else's. */
  async guest(): Promise<SignedIn> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.create({ username: guestName(), passwordHash: null, registeredAt: null });
      } catch (error) {
        if (!(error instanceof UniqueConstraintViolationException) || attempt === nameTries) throw error;
      }
    }
  }

  /**
   * Opens an account; a guest keeps its player and all that it earned. The guest's sessions end: those from now on belong
   * to the account. For a caller who has an account already it is a further one, of another player.
   * @throws USERNAME_TAKEN; UNAUTHORIZED when the guest registers somewhere else at the same time
   */
  async register({ username, password }: Credentials, callerId: PlayerId | null): Promise<SignedIn> {
    const em = this.em.fork();
    const guest = callerId && (await em.findOne(Account, { playerId: callerId, passwordHash: null, bot: false }));
    const holder = await this.byName(em, username);
    if (holder && holder !== guest) throw taken(username);
    const registered = { username, passwordHash: await this.passwords.hash(password), registeredAt: new Date() };
    try {
      return await (guest ? this.takeOver(guest.playerId, registered) : this.create(registered));
    } catch (error) {
      // Somebody else was given the name while the password was being hashed.
      if (error instanceof UniqueConstraintViolationException) throw taken(username);
      throw error;
    }
  }

  /**
   * The bot of this name, made when it is first asked for. Nobody can sign in to it with a password.
   * @throws USERNAME_TAKEN when the name is a person's
   */
  async bot(username: string): Promise<SignedIn> {
    const em = this.em.fork();
    const known = await this.byName(em, username);
    if (!known) return this.create({ username, passwordHash: null, registeredAt: new Date(), bot: true });
    if (!known.bot) throw taken(username);
    const refreshToken = this.openSession(em, known);
    await em.flush();
    return signedIn(known, refreshToken);
  }

  /** @throws UNAUTHORIZED, the same for a wrong name and a wrong password */
  async login({ username, password }: Credentials): Promise<SignedIn> {
    const em = this.em.fork();
    const account = await this.byName(em, username);
    const matches = await this.passwords.matches(password, account?.passwordHash ?? null);
    if (!account || !matches) throw new ApiError('UNAUTHORIZED', 'Wrong username or password.');
    const refreshToken = this.openSession(em, account);
    await em.flush();
    return signedIn(account, refreshToken);
  }

  /**
   * Spends a refresh token for a new one. Of two uses at once only one wins; the other, as everybody who shows a token
   * that was spent before, ends the session: one of them has stolen it.
   * @throws UNAUTHORIZED
   */
  async refresh(token: string): Promise<SignedIn> {
    const current = decode(token);
    if (!current) throw ended();
    const refreshed = await this.exchange(current);
    if (refreshed) return refreshed;
    const removed = await this.em.fork().nativeDelete(Session, { id: current.sessionId });
    if (removed > 0) logger.warn('a spent or expired refresh token was used; its session is ended');
    throw ended();
  }

  /** Ends the session of a refresh token, even of a spent one; without one there is nothing to end. */
  async logout(token: string): Promise<void> {
    const current = decode(token);
    if (current) await this.em.fork().nativeDelete(Session, { id: current.sessionId });
  }

  /** Sessions that nobody can use any more are not kept. */
  async removeExpiredSessions(): Promise<void> {
    await this.em.fork().nativeDelete(Session, { expiresAt: { $lte: new Date() } });
  }

  private async exchange(current: RefreshToken): Promise<SignedIn | null> {
    const next = newRefreshToken(current.sessionId);
    return this.em.fork().transactional(async (em) => {
      const now = new Date();
      const exchanged = await em.nativeUpdate(
        Session,
        { id: current.sessionId, tokenHash: hashOf(current), expiresAt: { $gt: now } },
        { tokenHash: hashOf(next), expiresAt: this.expiry(now) },
      );
      if (exchanged === 0) return null;
      const { account } = await em.findOneOrFail(Session, { id: current.sessionId }, { populate: ['account'] });
      return signedIn(account, encode(next));
    });
  }

  private async create(
    data: Pick<Account, 'username' | 'passwordHash' | 'registeredAt'> & { bot?: boolean },
  ): Promise<SignedIn> {
    const em = this.em.fork();
    const account = em.create(Account, { bot: false, ...data, playerId: randomUUID(), createdAt: new Date() });
    const refreshToken = this.openSession(em, account);
    await em.flush();
    return signedIn(account, refreshToken);
  }

  private async takeOver(
    guest: string,
    data: Pick<Account, 'username' | 'registeredAt'> & { passwordHash: string },
  ): Promise<SignedIn> {
    return this.em.fork().transactional(async (em) => {
      const claimed = await em.nativeUpdate(Account, { playerId: guest, passwordHash: null }, data);
      if (claimed === 0) throw new ApiError('UNAUTHORIZED', 'This player has registered already; sign in.');
      await em.nativeDelete(Session, { account: guest });
      return signedIn({ ...data, playerId: guest, bot: false }, this.openSession(em, em.getReference(Account, guest)));
    });
  }

  private openSession(em: EntityManager, account: Account): string {
    const token = newRefreshToken();
    const now = new Date();
    const session = {
      id: token.sessionId,
      account,
      tokenHash: hashOf(token),
      createdAt: now,
      expiresAt: this.expiry(now),
    };
    em.persist(em.create(Session, session));
    return encode(token);
  }

  private expiry(now: Date): Date {
    return new Date(now.getTime() + this.sessionMs);
  }

  private byName(em: EntityManager, username: string): Promise<Account | null> {
    return em.findOne(Account, { [raw('lower(username)')]: username.toLowerCase() });
  }
}

const signedIn = (
  { playerId, username, passwordHash, bot }: Pick<Account, 'playerId' | 'username' | 'passwordHash' | 'bot'>,
  refreshToken: string,
): SignedIn => ({
  playerId: PlayerId.parse(playerId),
  username,
  guest: passwordHash === null && !bot,
  bot,
  refreshToken,
});

const taken = (username: string) => new ApiError('USERNAME_TAKEN', `The name ${username} is taken.`);
const ended = () => new ApiError('UNAUTHORIZED', 'The session has ended; sign in again.');
