import { jwtVerify, SignJWT } from 'jose';
import { MatchId, PlayerId } from '../contracts/ids.ts';
import { ApiError } from '../platform/errors.ts';

/** Who may open the live connection of which match. */
export interface Seat {
  playerId: PlayerId;
  matchId: MatchId;
}

/** Tokens of live connections (`wsToken`), signed and verified by game alone. */
export class MatchTokens {
  private readonly keys: [Uint8Array, ...Uint8Array[]];

  constructor(secret: string, previous?: string) {
    const encode = (text: string) => new TextEncoder().encode(text);
    this.keys = previous === undefined ? [encode(secret)] : [encode(secret), encode(previous)];
  }

  issue(seat: Seat, validUntil: Date): Promise<string> {
    return new SignJWT({ match: seat.matchId })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(seat.playerId)
      .setAudience('match')
      .setExpirationTime(validUntil)
      .sign(this.keys[0]);
  }

  /** @throws UNAUTHORIZED */
  async verify(token: string): Promise<Seat> {
    for (const key of this.keys) {
      try {
        const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'], audience: 'match' });
        return { playerId: PlayerId.parse(payload.sub), matchId: MatchId.parse(payload['match']) };
      } catch {
        // Perhaps signed with the other key; told below.
      }
    }
    throw new ApiError('UNAUTHORIZED', 'The token of the live connection is not valid or has expired; join again.');
  }
}
