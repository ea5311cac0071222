import { createHash, randomBytes, randomUUID } from 'node:crypto';

/**
 * A refresh token is the id of its session (the family of all tokens that came from one sign-in) and a secret of 256
 * bits, opaque to the client. Only the secret's hash is stored.
 */
export interface RefreshToken {
  sessionId: string;
  secret: Buffer;
}

const idBytes = 16;
const secretBytes = 32;

/** A new token; of a new session when none is named. */
export const newRefreshToken = (sessionId: string = randomUUID()): RefreshToken => ({
  sessionId,
  secret: randomBytes(secretBytes),
});

export const hashOf = ({ secret }: RefreshToken): Buffer => createHash('sha256').update(secret).digest();

export const encode = ({ sessionId, secret }: RefreshToken): string =>
  Buffer.concat([Buffer.from(sessionId.replaceAll('-', ''), 'hex'), secret]).toString('base64url');

/** Null for what was never a token of ours. */
export const decode = (text: string): RefreshToken | null => {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== idBytes + secretBytes || bytes.toString('base64url') !== text) return null;
  const id = bytes.toString('hex', 0, idBytes);
  const sessionId = id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return { sessionId, secret: bytes.subarray(idBytes) };
};
