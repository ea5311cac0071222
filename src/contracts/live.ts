import type { ActionId } from './ids.ts';
import type { ActionAnswer, ActionRequest, MatchResult, MatchView } from './match.ts';
import type { Notification } from './economy.ts';
import type { ErrorBody } from './errors.ts';
import type { MatchEvent } from './events.ts';

type Payload<T extends MatchEvent['type']> = Extract<MatchEvent, { type: T }>['payload'];
type Action<T extends MatchEvent['type']> = { type: T } & Payload<T>;

/** An action that took effect, as all players of the match see it. */
export type MatchActionMessage =
  Action<'PlayerMoved'> | Action<'PlayerAttacked'> | Action<'PlayerDefended'> | Action<'ResourceCollected'>;

/** path '/game/socket.io': what the server sends. `seq` without a gap, or `match.state` follows. */
export interface MatchServerMessages {
  'match.state': (state: MatchView) => void;
  'match.started': (started: Payload<'MatchStarted'>) => void;
  'match.action': (action: MatchActionMessage) => void;
  'match.player_eliminated': (elimination: Payload<'PlayerEliminated'>) => void;
  'match.finished': (finished: {
    matchId: string;
    seq: number;
    tick: number;
    finishedAt: string;
    result: MatchResult;
  }) => void;
  'match.cancelled': (cancelled: { matchId: string }) => void;
}

/** The body of `action`: as over HTTP, with the idempotency key as `actionId`. */
export type LiveActionRequest = ActionRequest & { actionId: ActionId };

/** The acknowledgement of `action`: the answer, or the error, that HTTP would have given. */
export type ActionAcknowledgement = { status: 200; body: ActionAnswer } | { status: number; body: ErrorBody };

/** What the client sends. */
export interface MatchClientMessages {
  action: (action: LiveActionRequest, acknowledge: (answer: ActionAcknowledgement) => void) => void;
}

/**
 * path '/notifications/socket.io', `auth: {token: accessToken}`: what the server sends, to every device of the player. On
 * connect, and when some may have been missed, `notifications` has the last of the week, oldest first; each that comes
 * later goes by the name of its type.
 */
export type NotificationServerMessages = {
  notifications: (recent: Notification[]) => void;
} & { [N in Notification as N['type']]: (notification: N) => void };
