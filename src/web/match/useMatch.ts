'use client';

import { useCallback, useEffect, useReducer, useRef, useState } from 'react';
import { routes } from '../../contracts/routes.ts';
import { call } from '../session/client.ts';
import { explain, Failure } from '../session/failure.ts';
import { connect } from './connection.ts';
import type { Connection, Link, Outcome } from './connection.ts';
import type { LiveActionRequest } from '../../contracts/live.ts';
import { takeToken } from './handover.ts';
import { emptyModel, receive } from './view.ts';
import type { MatchMessage, MatchModel } from './view.ts';

export interface LiveMatch {
  model: MatchModel;
  link: Link;
  /** Why there is nothing to show, as a sentence. */
  problem: string | null;
  /** The player is in another match by now. */
  elsewhere: string | null;
  act: (request: LiveActionRequest) => Promise<Outcome>;
}

/** How long to wait for what is due (missed messages, the start, the end) before asking. */
const patience = 1_200;

/** A match with its live connection, from the lobby to the result; a finished one is only read. */
export function useMatch(matchId: string, myId: string): LiveMatch {
  const [model, dispatch] = useReducer(
    (before: MatchModel, { message, at }: { message: MatchMessage; at: number }) => receive(before, message, at),
    emptyModel,
  );
  const [link, setLink] = useState<Link>('connecting');
  const [problem, setProblem] = useState<string | null>(null);
  const [elsewhere, setElsewhere] = useState<string | null>(null);
  const connection = useRef<Connection | null>(null);

  useEffect(() => {
    let gone = false;
    const message = (received: MatchMessage) => {
      if (!gone) dispatch({ message: received, at: Date.now() });
    };
    async function open(): Promise<void> {
      let token = takeToken(matchId);
      if (token === null) {
        const state = await call(routes.getMatch, { params: { id: matchId } });
        message({ name: 'match.state', body: state });
        if (state.status === 'FINISHED' || state.status === 'CANCELLED') return;
        // Joining would seat whoever follows the link of others in another lobby.
        const seated = state.players.some(({ playerId }) => playerId === myId);
        if (state.status === 'RUNNING' && !seated) throw new Failure('NOT_IN_MATCH');
        const joined = await call(routes.joinMatch, { body: {} });
        if (joined.matchId !== matchId) {
          if (!gone) setElsewhere(joined.matchId);
          return;
        }
        token = joined.wsToken;
      }
      if (gone) return;
      connection.current = connect(matchId, token, { message, link: setLink });
    }
    open().catch((failure: unknown) => {
      if (!gone) setProblem(explain(failure));
    });
    return () => {
      gone = true;
      connection.current?.close();
      connection.current = null;
    };
  }, [matchId, myId]);

  const status = model.match?.status;
  useEffect(() => {
    if (status === 'FINISHED' || status === 'CANCELLED') connection.current?.close();
  }, [status]);

  useDue(model, () => void connection.current?.ask());

  const act = useCallback(async (request: LiveActionRequest): Promise<Outcome> => {
    return (await connection.current?.act(request)) ?? { took: false, code: 'CLOSED', retryAfterMs: undefined };
  }, []);
  return { model, link, problem, elsewhere, act };
}

/** Asks when messages were missed, or when the start or the end of the match is overdue. */
function useDue({ match, behind, clockOffset }: MatchModel, ask: () => void): void {
  const latest = useRef(ask);
  useEffect(() => {
    latest.current = ask;
  });
  const due = match?.status === 'PENDING' ? match.lobbyEndsAt : match?.status === 'RUNNING' ? match.endsAt : null;
  useEffect(() => {
    if (!behind && due === null) return;
    const wait = behind || due === null ? 0 : Math.max(Date.parse(due) - clockOffset - Date.now(), 0);
    let again: ReturnType<typeof setInterval> | undefined;
    const first = setTimeout(() => {
      latest.current();
      again = setInterval(() => latest.current(), patience);
    }, wait + patience);
    return () => {
      clearTimeout(first);
      clearInterval(again);
    };
  }, [behind, due, clockOffset]);
}
