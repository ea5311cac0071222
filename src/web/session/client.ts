import './jitless.ts';
import { z } from 'zod';
import { ErrorBody } from '../../contracts/errors.ts';
import { routes } from '../../contracts/routes.ts';
import type { RouteContract } from '../../contracts/routes.ts';
import { Failure, isErrorCode } from './failure.ts';
import { createSessions } from './sessions.ts';
import { storage } from './storage.ts';

export interface Input {
  params?: Record<string, string>;
  query?: Record<string, string | number | boolean>;
  headers?: Record<string, string>;
  body?: unknown;
}

async function send(route: RouteContract, input: Input, token: string | null): Promise<Response> {
  const path = route.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(input.params?.[name] ?? ''));
  const query = new URLSearchParams(Object.entries(input.query ?? {}).map(([name, value]) => [name, String(value)]));
  const headers = new Headers(input.headers);
  if (token !== null) headers.set('authorization', `Bearer ${token}`);
  if (input.body !== undefined) headers.set('content-type', 'application/json');
  try {
    return await fetch(`/api${path}${query.size > 0 ? `?${query.toString()}` : ''}`, {
      method: route.method,
      headers,
      body: input.body === undefined ? null : JSON.stringify(input.body),
    });
  } catch {
    throw new Failure('OFFLINE');
  }
}

async function read<R extends RouteContract>(route: R, response: Response): Promise<z.infer<R['success']['body']>> {
  const schema: R['success']['body'] = route.success.body;
  const body: unknown = response.status === 204 ? undefined : await response.json().catch(() => undefined);
  if (response.ok) return z.parse(schema, body);
  const error = ErrorBody.safeParse(body);
  const code = error.success && isErrorCode(error.data.error) ? error.data.error : 'UNAVAILABLE';
  throw new Failure(code, error.data?.retryAfterMs);
}

/** One at a time over all tabs, by the Web Locks API; on an origin without it (plain HTTP in a network), in this tab. */
let last: Promise<unknown> = Promise.resolve();
async function exclusively<T>(work: () => Promise<T>): Promise<T> {
  if ('locks' in navigator) return await navigator.locks.request('idempo.session', work);
  const result = last.then(work, work);
  last = result;
  return result;
}

export const sessions = createSessions({
  storage,
  now: Date.now,
  exclusively,
  refresh: async (refreshToken) => {
    const response = await send(routes.refresh, { body: { refreshToken } }, null);
    if (response.status === 401) return null;
    return read(routes.refresh, response);
  },
});

/** Calls the API as the contract has it: with a good access token where one is needed, and once more when it was refused. */
export async function call<R extends RouteContract>(
  route: R,
  input: Input = {},
): Promise<z.infer<R['success']['body']>> {
  if (route.auth === 'none') return read(route, await send(route, input, null));
  const token = await sessions.accessToken();
  if (token === null && route.auth === 'required') throw new Failure('UNAUTHORIZED');
  const response = await send(route, input, token);
  if (response.status !== 401 || token === null) return read(route, response);
  const renewed = await sessions.accessToken(token);
  if (renewed === null) throw new Failure('UNAUTHORIZED');
  return read(route, await send(route, input, renewed));
}
