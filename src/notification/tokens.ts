import { createRemoteJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { PlayerId } from '../contracts/ids.ts';
import { ApiError } from '../platform/errors.ts';

const Claims = z.object({ sub: PlayerId, exp: z.number() });

/** Whose connection it is, and until when the token holds, in milliseconds since the epoch. */
export interface Bearer {
  playerId: PlayerId;
  expiresAt: number;
}

/** The keys could not be had; every other error of jose tells what is wrong with the token. */
const isAboutKeys = (error: unknown): boolean =>
  !(error instanceof errors.JOSEError) ||
  error instanceof errors.JWKSTimeout ||
  error instanceof errors.JWKSInvalid ||
  error.code === errors.JOSEError.code;

/** Access tokens of the gateway, verified with its public keys, which are asked for when a token names one that is new. */
export class AccessTokens {
  private readonly keys: JWTVerifyGetKey;

  constructor(keysUrl: string) {
    this.keys = createRemoteJWKSet(new URL(keysUrl), { timeoutDuration: 2000, cooldownDuration: 1000 });
  }

  /** @throws UNAUTHORIZED; UNAVAILABLE when the keys can't be had */
  async verify(token: string): Promise<Bearer> {
    const verified = await jwtVerify(token, this.keys, { algorithms: ['EdDSA'], issuer: 'idempo' }).catch(
      (error: unknown) => {
        if (isAboutKeys(error)) {
          throw new ApiError('UNAVAILABLE', 'Tokens cannot be checked at the moment; connect again.', { cause: error });
        }
        return null;
      },
    );
    const claims = Claims.safeParse(verified?.payload);
    if (claims.success) return { playerId: claims.data.sub, expiresAt: claims.data.exp * 1000 };
    throw new ApiError('UNAUTHORIZED', 'The access token is not valid or has expired; sign in again.');
  }
}
