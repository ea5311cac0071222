import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { ErrorBody } from '../contracts/errors.ts';
import type { RouteContract } from '../contracts/routes.ts';

type Given<T> = T extends z.ZodType ? z.input<T> : undefined;

export interface Question<R extends RouteContract> {
  params?: Given<R['params']>;
  query?: Given<R['query']>;
  body?: Given<R['body']>;
  /** X-Idempotency-Key */
  key?: string;
  token?: string;
}

/** An answer: with `body` when the call succeeded, with `error` when it was refused. */
export type Answer<R extends RouteContract> =
  { ok: true; body: z.infer<R['success']['body']> } | { ok: false; status: number; error: string; detail: string };

const tries = 8;

/** The public API. */
export class Api {
  private readonly url: string;
  private readonly signal: AbortSignal;

  /** `signal` ends whatever is under way. */
  constructor(gatewayUrl: string, signal: AbortSignal) {
    this.url = `${new URL(gatewayUrl).origin}/api`;
    this.signal = signal;
  }

  /**
   * Asks; what can be repeated is repeated while the platform is busy or restarting, as a patient client would.
   * @throws when there was no answer all the while, and when the signal is aborted
   */
  async ask<R extends RouteContract>(contract: R, question: Question<R> = {}): Promise<Answer<R>> {
    for (let attempt = 1; ; attempt++) {
      const last = attempt === tries;
      try {
        const { status, body, retryAfterMs } = await this.send(contract, question);
        if (status === contract.success.status) {
          return { ok: true, body: contract.success.body.parse(body) as z.infer<R['success']['body']> };
        }
        const { error, detail } = ErrorBody.parse(body);
        const again = status === 429 || (status === 503 && contract.repeatable);
        if (!again || last) return { ok: false, status, error, detail };
        await sleep(Math.max(retryAfterMs, 250 * attempt), undefined, { signal: this.signal });
      } catch (error) {
        if (this.signal.aborted || !contract.repeatable || last) throw error;
        await sleep(250 * attempt, undefined, { signal: this.signal });
      }
    }
  }

  private async send<R extends RouteContract>(contract: R, { params, query, body, key, token }: Question<R>) {
    const given = new Map<string, unknown>(Object.entries(params ?? {}));
    const path = contract.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(given.get(name))));
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries<unknown>(query ?? {})) {
      if (typeof value === 'string' || typeof value === 'number') search.set(name, String(value));
    }
    const response = await fetch(`${this.url}${path}${search.size > 0 ? `?${search.toString()}` : ''}`, {
      method: contract.method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(key === undefined ? {} : { 'x-idempotency-key': key }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.any([this.signal, AbortSignal.timeout(10_000)]),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: (text === '' ? undefined : JSON.parse(text)) as unknown,
      retryAfterMs: Number(response.headers.get('retry-after') ?? 0) * 1000,
    };
  }
}
