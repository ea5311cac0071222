import type { LobbyPlayer } from '../../contracts/match.ts';
import type { LogEntry } from './view.ts';

/** A line of the feed. */
export interface Line {
  id: number;
  /** The seat of who did it, for the piece beside the line; null for the match itself. */
  seat: number | null;
  text: string;
  tone: 'plain' | 'good' | 'bad' | 'loud';
  sealed: boolean;
  /** It concerns the player who reads. */
  mine: boolean;
}

/**
 * What a log entry says in words; null for what the board shows well enough (moves). `cast`: the players by seat, as the
 * match has them from its start to its end.
 */
export function tell({ id, happening }: LogEntry, cast: readonly LobbyPlayer[], myId: string): Line | null {
  const seatOf = (playerId: string) => cast.findIndex((player) => player.playerId === playerId);
  const name = (playerId: string) =>
    playerId === myId ? 'you' : (cast.find((player) => player.playerId === playerId)?.username ?? 'somebody');
  const line = (playerId: string | null, text: string, more: Partial<Line> = {}): Line => ({
    id,
    seat: playerId === null ? null : seatOf(playerId),
    text: text.charAt(0).toUpperCase() + text.slice(1),
    tone: 'plain',
    sealed: false,
    mine: playerId === myId,
    ...more,
  });

  switch (happening.name) {
    case 'match.started':
      return line(null, 'The match is on', { tone: 'loud' });
    case 'match.finished':
      return line(null, happening.body.result.reason === 'TIME_LIMIT' ? 'Time is up' : 'One is left standing', {
        tone: 'loud',
      });
    case 'match.player_eliminated': {
      const { playerId, killerId } = happening.body;
      const verb = killerId === myId ? 'put' : 'puts';
      const text = `${name(killerId)} ${verb} ${name(playerId)} out`;
      return line(killerId, text, { tone: 'loud', mine: playerId === myId || killerId === myId });
    }
    case 'match.action': {
      const { body } = happening;
      const { playerId, sealed } = body;
      const mine = playerId === myId;
      switch (body.type) {
        case 'PlayerMoved':
          return sealed ? line(playerId, `${name(playerId)} ${mine ? 'leap' : 'leaps'} two tiles`, { sealed }) : null;
        case 'PlayerAttacked': {
          const { targetId, damage, critical, absorbed } = body;
          const verb = mine ? 'hit' : 'hits';
          const how = damage === 0 ? 'shield holds' : `${damage}${critical ? ' critical' : ''}`;
          const rest = damage > 0 && absorbed > 0 ? `, ${absorbed} on the shield` : '';
          const tone = damage === 0 ? 'plain' : targetId === myId ? 'bad' : mine ? 'good' : 'plain';
          const text = `${name(playerId)} ${verb} ${name(targetId)}\u00a0·\u00a0${how}${rest}`;
          return line(playerId, text, { tone, sealed, mine: mine || targetId === myId });
        }
        case 'PlayerDefended':
          // Of interest to who raised it; the others see it on the board.
          return mine || sealed
            ? line(playerId, `${name(playerId)} ${mine ? 'raise' : 'raises'} a shield`, { sealed })
            : null;
        case 'ResourceCollected': {
          const { amount, kind } = body;
          const verb = mine ? 'collect' : 'collects';
          const what = kind === 'drop' ? `${amount} from the fallen` : String(amount);
          return line(playerId, `${name(playerId)} ${verb} ${what}`, { tone: mine ? 'good' : 'plain', sealed });
        }
      }
    }
  }
}
