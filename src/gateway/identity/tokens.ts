import { createPrivateKey, createPublicKey } from 'node:crypto';
import {
  calculateJwkThumbprint,
  errors,
  exportJWK,
  importPKCS8,
  importSPKI,
  jwtVerify,
  SignJWT,
  type CryptoKey,
  type JWK,
} from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { PlayerId } from '../../contracts/ids.ts';

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

/** Whether a PEM holds an Ed25519 key of that kind; for checking the configuration. */
export const isEd25519 = (pem: string, kind: 'private' | 'public'): boolean => {
  try {
    const key = kind === 'private' ? createPrivateKey(pem) : createPublicKey(pem);
    return key.asymmetricKeyType === 'ed25519';
  } catch {
    // Not a key at all.
    return false;
  }
};

/**
 * Access tokens: JWTs signed with Ed25519. While the key is being rotated, tokens of the previous one still hold; a
 * token names its key by the thumbprint (RFC 7638).
 */
export class AccessTokens {
  private readonly signingKey: CryptoKey;
  private readonly signingKeyId: string;
  private readonly keys: ReadonlyMap<string, CryptoKey>;
  /** As others may have them. */
  readonly publicKeys: readonly JWK[];
  /** A token that was verified needs no second look until it expires: a verification costs as much as a whole request. */
  private readonly verified = new LRUCache<string, Verified>({ max: 10_000 });

  private constructor(
    signingKey: CryptoKey,
    signingKeyId: string,
    keys: ReadonlyMap<string, CryptoKey>,
    publicKeys: readonly JWK[],
  ) {
    this.signingKey = signingKey;
    this.signingKeyId = signingKeyId;
    this.keys = keys;
    this.publicKeys = publicKeys;
  }

  /** Keys are PEM: the private one PKCS #8, the previous public one SPKI. */
  static async open(privateKey: string, previousPublicKey?: string): Promise<AccessTokens> {
    const publicPem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
    const keys = new Map<string, CryptoKey>();
    const publicKeys: JWK[] = [];
    for (const pem of previousPublicKey === undefined ? [publicPem] : [previousPublicKey, publicPem]) {
      const key = await importSPKI(pem, algorithm, { extractable: true });
      const jwk = await exportJWK(key);
      const kid = await calculateJwkThumbprint(jwk);
      keys.set(kid, key);
      publicKeys.push({ ...jwk, kid, alg: algorithm, use: 'sig' });
    }
    const signingKeyId = [...keys.keys()].at(-1) ?? '';
    return new AccessTokens(await importPKCS8(privateKey, algorithm), signingKeyId, keys, publicKeys);
  }

  async issue({ playerId, username, guest, bot }: Identity): Promise<string> {
    return new SignJWT({ username, guest, bot })
      .setProtectedHeader({ alg: algorithm, kid: this.signingKeyId })
      .setIssuer(issuer)
      .setSubject(playerId)
      .setIssuedAt()
      .setExpirationTime(`${accessTokenSeconds}s`)
      .sign(this.signingKey);
  }

  /** Null for a token that does not hold: malformed, expired, of another key or algorithm. */
  async verify(token: string): Promise<Identity | null> {
    const known = this.verified.get(token);
    if (known) return known.expiresAt > Date.now() ? known.identity : null;
    try {
      const { payload } = await jwtVerify(token, ({ kid }) => this.keyOf(kid), { algorithms: [algorithm], issuer });
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

  private keyOf(kid: string | undefined): CryptoKey {
    const key = kid === undefined ? undefined : this.keys.get(kid);
    if (!key) throw new errors.JWKSNoMatchingKey();
    return key;
  }
}
