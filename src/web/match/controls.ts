import { ActionId } from '../../contracts/ids.ts';
import type { LiveActionRequest } from '../../contracts/live.ts';
import type { BoardView, PlayerView } from '../../contracts/match.ts';
import { explain, Failure } from '../session/failure.ts';
import { uuid } from '../session/storage.ts';
import type { Outcome } from './connection.ts';
import { judge, landing, neverUsed, requestOf } from './pace.ts';
import type { Order, ReadyAt, Wish } from './pace.ts';

/** What the player's own hands are at. A new object with each change. */
export interface Hands {
  /** On its way, or answered but not yet seen on the board: shown as intent. */
  sending: Wish | null;
  /** The tile that a move on its way leads to. */
  intent: { x: number; y: number } | null;
  /** The one early input, to be sent when it may. */
  kept: Wish | null;
  /** The next action that takes effect is to be sealed. */
  sealing: boolean;
  readyAt: ReadyAt;
  /** Why the last input did nothing; `id` tells one from the next. */
  notice: { id: number; text: string } | null;
}

export interface ControlPorts {
  act: (request: LiveActionRequest) => Promise<Outcome>;
  /** The board as it stands, null when the player cannot act (any more). */
  look: () => { board: BoardView; me: PlayerView; tick: number; seq: number } | null;
  now: () => number;
}

export const idleHands: Hands = {
  sending: null,
  intent: null,
  kept: null,
  sealing: false,
  readyAt: neverUsed,
  notice: null,
};

/** The first word on pace is the server's; a little more than the rule says keeps most actions from being told to wait. */
const margin = 15;

/** Turns wishes into actions at the pace of the game: one on its way, at most one kept. */
export function createControls({ act, look, now }: ControlPorts) {
  const listeners = new Set<() => void>();
  let hands = idleHands;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** The place in the match's order of the action that was answered; until the board is there, the next one waits. */
  let awaited: number | null = null;

  function change(changes: Partial<Hands>): void {
    hands = { ...hands, ...changes };
    for (const listener of listeners) listener();
  }

  const notice = (text: string) => ({ id: (hands.notice?.id ?? 0) + 1, text });

  function pump(): void {
    clearTimeout(timer);
    const wish = hands.kept;
    if (wish === null) return;
    const seen = look();
    if (seen === null) {
      change({ kept: null });
      return;
    }
    const { board, me, tick } = seen;
    const busy = hands.sending !== null;
    const order = { ...wish, sealed: hands.sealing };
    const verdict = judge(order, { board, me, tick, busy, readyAt: hands.readyAt, now: now() });
    if (verdict.do === 'decline') change({ kept: null, notice: notice(verdict.why) });
    else if (verdict.do === 'send') send(order, board, me);
    else if (!busy) timer = setTimeout(pump, verdict.ms);
  }

  function send(order: Order, board: BoardView, me: PlayerView): void {
    const before = hands.readyAt;
    const readyAt = { ...before, [order.type]: now() + board.cooldownMs[order.type] + margin };
    const intent = order.type === 'move' ? landing(board, me, order.direction, order.sealed) : null;
    change({ kept: null, sealing: false, sending: order, intent, readyAt });
    const request = { ...requestOf(order), actionId: ActionId.parse(uuid()) };
    void act(request).then((outcome) => settle(order, before, outcome));
  }

  function settle(order: Order, before: ReadyAt, outcome: Outcome): void {
    if (outcome.took) {
      awaited = outcome.answer.seq;
      caughtUp();
      return;
    }
    // What was refused cost no stamp: the seal is kept for the next try.
    const sealing = hands.sealing || (order.sealed && outcome.code !== 'INSUFFICIENT_STAMPS');
    if (outcome.code === 'COOLDOWN') {
      const readyAt = { ...hands.readyAt, [order.type]: now() + (outcome.retryAfterMs ?? 0) + margin };
      change({ sending: null, intent: null, readyAt, kept: hands.kept ?? order, sealing });
    } else if (outcome.code === 'CLOSED') {
      change({ sending: null, intent: null, kept: null });
    } else {
      const why = notice(explain(new Failure(outcome.code)));
      change({ sending: null, intent: null, readyAt: before, notice: why, sealing });
    }
    pump();
  }

  /** To be called whenever the match has moved on. */
  function caughtUp(): void {
    const seen = look();
    if (awaited === null || (seen !== null && seen.seq < awaited)) return;
    awaited = null;
    change({ sending: null, intent: null });
    pump();
  }

  return {
    hands: () => hands,
    want(wish: Wish): void {
      change({ kept: wish });
      pump();
    },
    /** Seals the next action, or not after all; `stamps` is what the player has, null while it is not known. */
    toggleSeal(stamps: number | null): void {
      if (hands.sealing) change({ sealing: false });
      else if (stamps === null) change({ notice: notice('Counting your stamps …') });
      else if (stamps === 0) change({ notice: notice('No stamp left to seal with') });
      else change({ sealing: true });
      pump();
    },
    caughtUp,
    /** After a `match.state`: the pace as the server has it. */
    setPace: (readyAt: ReadyAt) => change({ readyAt }),
    subscribe: (listener: () => void): (() => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => clearTimeout(timer),
  };
}
export type Controls = ReturnType<typeof createControls>;
