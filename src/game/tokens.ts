import { jwtVerify, SignJWT } from 'jose';
import { MatchId, PlayerId } from '../contracts/ids.ts';
import { ApiError } from '../platform/errors.ts';
import type { Secret } from '../platform/secret.ts';

/** Who may open the live connection of which match. */
export interface Seat {
  playerId: PlayerId;
  matchId: MatchId;
}

const keyOf = (secret: string) => new TextEncoder().encode(secret);

/** Tokens of live connections (`wsToken`), signed and verified by game alone. */
export class MatchTokens {
  private readonly secret: Secret;

  constructor(secret: Secret) {
    this.secret = secret;
  }

  issue(seat: Seat, validUntil: Date): Promise<string> {
    return new SignJWT({ match: seat.matchId })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(seat.playerId)
      .setAudience('match')
      .setExpirationTime(validUntil)
      .sign(keyOf(this.secret.current));
  }

  /** @throws UNAUTHORIZED */
  async verify(token: string): Promise<Seat> {
    for (const secret of this.secret.all) {
      try {
        const { payload } = await jwtVerify(token, keyOf(secret), { algorithms: ['HS256'], audience: 'match' });
        return { playerId: PlayerId.parse(payload.sub), matchId: MatchId.parse(payload['match']) };
      } catch {
        // Perhaps signed with the other secret; told below.
      }
    }
    throw new ApiError('UNAUTHORIZED', 'The token of the live connection is not valid or has expired; join again.');
  }
}
