import type { z } from 'zod';
import { ErrorBody, errorStatus, type ErrorCode } from '../../contracts/errors.ts';
import type { RouteContract } from '../../contracts/routes.ts';
import { ApiError, UnavailableError } from '../errors.ts';
import { logContext } from '../telemetry/context.ts';

type Given<T> = T extends z.ZodType ? z.input<T> : undefined;

export interface Question<R extends RouteContract> {
  params: Given<R['params']>;
  body: Given<R['body']>;
}

const isErrorCode = (text: string): text is ErrorCode => text in errorStatus;

/** Another service, asked by its contracts (src/contracts/internal.ts). */
export class ServiceClient {
  private readonly name: string;
  private readonly urls: readonly string[];
  private readonly timeoutMs: number;
  private next = 0;

  /** `urls` are of its replicas, or one that is balanced over them. `timeoutMs` is for a whole question. */
  constructor(name: string, urls: readonly string[], timeoutMs: number) {
    this.name = name;
    this.urls = urls;
    this.timeoutMs = timeoutMs;
  }

  /**
   * Asks, and asks the other replicas, or once more the one, when one can't be reached or is going away: behind the name of
   * a Service there is another by then.
   * @throws ApiError what the service refuses; UnavailableError when there was no answer in time
   */
  async ask<R extends RouteContract>(
    contract: R,
    question: Omit<Question<R>, 'params' | 'body'> & Partial<Question<R>>,
  ): Promise<z.infer<R['success']['body']>> {
    const signal = AbortSignal.timeout(this.timeoutMs);
    let problem: unknown;
    for (let tried = 0; tried < Math.max(2, this.urls.length) && !signal.aborted; tried++) {
      const url = this.urls[this.next++ % this.urls.length] ?? '';
      try {
        return await this.askOne(url, contract, question, signal);
      } catch (error) {
        if (error instanceof ApiError && error.code !== 'UNAVAILABLE') throw error;
        problem = error;
        if (!contract.repeatable) break;
      }
    }
    throw new UnavailableError(`${this.name} did not answer`, { cause: problem });
  }

  private async askOne<R extends RouteContract>(
    url: string,
    contract: R,
    { params, body }: Partial<Question<R>>,
    signal: AbortSignal,
  ): Promise<z.infer<R['success']['body']>> {
    const given = new Map<string, unknown>(Object.entries(params ?? {}));
    const path = contract.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(given.get(name))));
    const { correlationId } = logContext.current();
    const response = await fetch(url + path, {
      method: contract.method,
      headers: {
        ...(correlationId === undefined ? {} : { 'x-correlation-id': correlationId }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal,
    });
    const text = await response.text();
    if (response.status === contract.success.status) {
      return contract.success.body.parse(text === '' ? undefined : JSON.parse(text)) as z.infer<R['success']['body']>;
    }
    const refusal = ErrorBody.safeParse(JSON.parse(text));
    if (!refusal.success || !isErrorCode(refusal.data.error)) {
      throw new UnavailableError(`${this.name} answered ${response.status}`);
    }
    throw new ApiError(refusal.data.error, refusal.data.detail);
  }
}
