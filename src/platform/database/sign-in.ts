import type { EventEmitter } from 'node:events';
import pg, { type Pool, type PoolClient } from 'pg';
import type { Secret } from '../secret.ts';

/** Not the password of the role, as PostgreSQL says it, or PgBouncer, which has no code of its own for it. */
const isRefused = (error: unknown): boolean =>
  Error.isError(error) &&
  'code' in error &&
  (error.code === '28P01' ||
    error.code === '28000' ||
    (error.code === '08P01' && error.message === 'SASL authentication failed'));

/** A client that tells the secret when its password was refused, so that the next one offers another. */
export const clientOf = (secret: Secret): typeof pg.Client =>
  class extends pg.Client {
    constructor(config?: string | pg.ClientConfig) {
      super(config);
      const offered = this.password ?? '';
      // What the server says, before it is told to whoever connects.
      const { connection } = this as pg.Client & { connection: EventEmitter };
      connection.on('errorMessage', (error: unknown) => {
        if (isRefused(error)) secret.refuse(offered);
      });
    }
  };

/**
 * Lets a pool sign in with the secret as it is for each new connection. While a password is being changed, here or in the
 * database first, who asks for a connection gets one with the other password.
 */
export const signInWith = (pool: Pool, secret: Secret): void => {
  Object.defineProperty(pool.options, 'password', { get: () => secret.offer });
  Object.defineProperty(pool, 'Client', { value: clientOf(secret) });
  const connect = pool.connect.bind(pool);
  const patiently = async (): Promise<PoolClient> => {
    // Others change the offer too: both passwords have had their turn after three.
    for (let attempt = 1; ; attempt++) {
      try {
        return await connect();
      } catch (error) {
        if (!isRefused(error) || secret.all.length === 1 || attempt === 3) throw error;
      }
    }
  };
  type Callback = Parameters<typeof pool.connect>[0];
  function connectPatiently(): Promise<PoolClient>;
  function connectPatiently(callback: Callback): void;
  function connectPatiently(callback?: Callback): Promise<PoolClient> | void {
    const client = patiently();
    if (callback === undefined) return client;
    client.then(
      (connected) => {
        callback(undefined, connected, (release?: Error | boolean) => {
          connected.release(release);
        });
      },
      (error: unknown) => {
        callback(Error.isError(error) ? error : new Error(String(error)), undefined, () => undefined);
      },
    );
  }
  pool.connect = connectPatiently;
};
