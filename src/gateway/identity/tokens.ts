import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, errors, exportJWK, jwtVerify, SignJWT, type JWK } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { PlayerId } from '../../contracts/ids.ts';
import type { Secret } from '../../platform/secret.ts';

/** The life of an access token, in seconds. */
export const accessTokenSeconds = 15 * 60;

const algorithm = 'EdDSA';
const issuer = 'idempo';

/** Who a token says is calling. `guest` is as of the token's issue. */
export interface Identity {
  playerId: PlayerId;
  username: string;
  guest: boolean;
  /** One of the platform's own players. */
  bot: boolean;
}

const Claims = z.object({
  sub: PlayerId,
  username: z.string(),
  guest: z.boolean(),
  // Not in the tokens of versions without bots.
  bot: z.boolean().default(false),
  exp: z.number(),
});

interface Verified {
  identity: Identity;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

/** Whether a PEM holds a private Ed25519 key; for checking the configuration. */
export const isEd25519 = (pem: string): boolean => {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'ed25519';
  } catch {
    // Not a key at all.
    return false;
  }
};

/** A key that signs, and what its tokens are verified by. */
interface Key {
  /** Thumbprint (RFC 7638). */
  id: string;
  signs: KeyObject;
  verifies: KeyObject;
  /** As others may have it. */
  published: JWK;
}

const keyOf = async (pem: string): Promise<Key> => {
  const signs = createPrivateKey(pem);
  const verifies = createPublicKey(signs);
  const jwk = await exportJWK(verifies);
  const id = await calculateJwkThumbprint(jwk);
  return { id, signs, verifies, published: { ...jwk, kid: id, alg: algorithm, use: 'sig' } };
};

/**
 * Access tokens: JWTs signed with Ed25519. While the key is being changed, tokens of both hold; a token names its key by
 * the thumbprint.
 */
export class AccessTokens {
  private readonly secret: Secret;
  /** By their PEM; few, since a key is seldom changed. */
  private readonly keys = new LRUCache<string, Promise<Key>>({ max: 4 });
  /** A token that was verified needs no second look until it expires: a verification costs as much as a whole request. */
  private readonly verified = new LRUCache<string, Verified>({ max: 10_000 });

  /** Private keys as PEM (PKCS #8). */
  constructor(secret: Secret) {
    this.secret = secret;
  }

  /** The public keys by which others verify. */
  async publicKeys(): Promise<JWK[]> {
    const keys = await Promise.all(this.secret.all.map((pem) => this.key(pem)));
    return keys.map(({ published }) => published);
  }

  async issue({ playerId, username, guest, bot }: Identity): Promise<string> {
    const { id, signs } = await this.key(this.secret.current);
    return new SignJWT({ username, guest, bot })
      .setProtectedHeader({ alg: algorithm, kid: id })
      .setIssuer(issuer)
      .setSubject(playerId)
      .setIssuedAt()
      .setExpirationTime(`${accessTokenSeconds}s`)
      .sign(signs);
  }

  /** Null for a token that does not hold: malformed, expired, of another key or algorithm. */
  async verify(token: string): Promise<Identity | null> {
    const known = this.verified.get(token);
    if (known) return known.expiresAt > Date.now() ? known.identity : null;
    try {
      const { payload } = await jwtVerify(token, ({ kid }) => this.named(kid), { algorithms: [algorithm], issuer });
      const claims = Claims.safeParse(payload);
      if (!claims.success) return null;
      const { sub, username, guest, bot, exp } = claims.data;
      const identity = { playerId: sub, username, guest, bot };
      this.verified.set(token, { identity, expiresAt: exp * 1000 });
      return identity;
    } catch (error) {
      if (error instanceof errors.JOSEError) return null;
      throw error;
    }
  }

  private key(pem: string): Promise<Key> {
    const known = this.keys.get(pem) ?? keyOf(pem);
    this.keys.set(pem, known);
    return known;
  }

  private async named(kid: string | undefined): Promise<KeyObject> {
    const keys = await Promise.all(this.secret.all.map((pem) => this.key(pem)));
    const key = keys.find(({ id }) => id === kid);
    if (!key) throw new errors.JWKSNoMatchingKey();
    return key.verifies;
  }
}
