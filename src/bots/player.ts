import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JoinedMatch, Session } from '../contracts/api.ts';
import { ActionId, type MatchId } from '../contracts/ids.ts';
import type { MatchView } from '../contracts/match.ts';
import { routes, type RouteContract } from '../contracts/routes.ts';
import type { Answer, Api, Question } from './api.ts';
import { choose, type Temper } from './brain.ts';

/** An access token is replaced so long before it expires. */
const renewBeforeMs = 60_000;
/** How long somebody thinks between two looks at the board, at least and at most. */
const thinkMs = { least: 350, most: 900 };
/** How often it looks whether a match has begun, or, once eliminated, ended. */
const waitMs = 1000;

/** Somebody who plays by the public API: a bot, or a player of a demonstration. */
export class Player {
  readonly name: string;
  private readonly api: Api;
  private readonly signIn: () => Promise<Session>;
  private readonly random: () => number;
  private readonly temper: Temper;
  private readonly signal: AbortSignal;
  private session: Session | undefined;
  private expiresAt = 0;

  constructor(
    api: Api,
    options: { name: string; signIn: () => Promise<Session>; random: () => number; signal: AbortSignal },
  ) {
    this.api = api;
    this.name = options.name;
    this.signIn = options.signIn;
    this.random = options.random;
    this.signal = options.signal;
    this.temper = { courage: this.random(), greed: this.random() };
  }

  /** A call under this player's name. */
  async ask<R extends RouteContract>(contract: R, question: Omit<Question<R>, 'token'> = {}): Promise<Answer<R>> {
    const { accessToken } = await this.signedIn();
    const answer = await this.api.ask(contract, { ...question, token: accessToken });
    // The session has ended elsewhere: the next call signs in again.
    if (!answer.ok && answer.status === 401) this.session = undefined;
    return answer;
  }

  /** The lobby or match that it is in from now on; null when there is none for it. */
  async join(): Promise<JoinedMatch | null> {
    const answer = await this.ask(routes.joinMatch, { body: {} });
    return answer.ok ? answer.body : null;
  }

  /** Plays to the end of the match. `stamps`: whether it seals an action now and then. */
  async play(matchId: MatchId, { stamps }: { stamps: boolean }): Promise<void> {
    while (!this.signal.aborted) {
      const answer = await this.ask(routes.getMatch, { params: { id: matchId } });
      if (!answer.ok) return;
      const match = answer.body;
      if (match.status === 'FINISHED' || match.status === 'CANCELLED') return;
      const request = choose(match, (await this.signedIn()).playerId, this.temper, this.random);
      if (request !== null) {
        const sealed = stamps && this.random() < 0.1;
        await this.ask(routes.act, {
          params: { id: matchId },
          body: { ...request, useStamp: sealed },
          key: ActionId.parse(randomUUID()),
        });
      }
      const acts = match.status === 'RUNNING' && this.isAlive(match);
      const ms = acts ? thinkMs.least + this.random() * (thinkMs.most - thinkMs.least) : waitMs;
      await sleep(ms, undefined, { signal: this.signal });
    }
  }

  private isAlive({ board }: MatchView): boolean {
    return board?.players.some(({ playerId, alive }) => playerId === this.session?.playerId && alive) ?? false;
  }

  private async signedIn(): Promise<Session> {
    const known = this.session;
    if (known && Date.now() < this.expiresAt) return known;
    const renewed = known && (await this.api.ask(routes.refresh, { body: { refreshToken: known.refreshToken } }));
    this.session = renewed?.ok === true ? renewed.body : await this.signIn();
    this.expiresAt = Date.now() + this.session.expiresIn * 1000 - renewBeforeMs;
    return this.session;
  }
}
