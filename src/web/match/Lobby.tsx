'use client';

import Link from 'next/link';
import { useEffect } from 'react';
import type { MatchView } from '../../contracts/match.ts';
import { sound } from '../sound/mute.ts';
import { Piece } from '../ui/Piece.tsx';
import styles from './Lobby.module.css';
import { useSecondsLeft } from './clock.ts';
import type { Link as Connection } from './connection.ts';

interface LobbyProps {
  match: MatchView;
  myId: string;
  clockOffset: number;
  link: Connection;
}

/** The envelope that fills with stamps until the match goes out. */
export function Lobby({ match, myId, clockOffset, link }: LobbyProps) {
  const seconds = useSecondsLeft(match.lobbyEndsAt, clockOffset);
  const { players, minPlayers, maxPlayers } = match;
  const missing = minPlayers - players.length;
  const last = missing <= 0 && seconds !== null && seconds > 0 && seconds <= 3;
  useEffect(() => {
    if (last) sound('count');
  }, [last, seconds]);

  return (
    <main className={styles['lobby']}>
      <div className={styles['envelope']}>
        <header className={styles['head']}>
          <div>
            <h1>{missing > 0 ? 'Waiting for a rival' : 'Sealing the envelope'}</h1>
            <p className={styles['terms']}>
              {missing > 0
                ? `The match needs ${minPlayers} players when the clock runs out.`
                : `Starts when the clock runs out, or at once with ${maxPlayers}.`}
            </p>
          </div>
          <Postmark seconds={seconds} />
        </header>
        <ul className={styles['seats']} aria-label={`${players.length} of ${maxPlayers} players`}>
          {Array.from({ length: maxPlayers }, (_, seat) => {
            const player = players[seat];
            return (
              <li
                key={player?.playerId ?? seat}
                className={player === undefined ? styles['free'] : styles['taken']}
                data-seat={seat}
              >
                {player === undefined ? (
                  <span className={styles['place']}>place stamp here</span>
                ) : (
                  <>
                    <span className={styles['portrait']}>
                      <Piece seat={seat} />
                    </span>
                    <span className={styles['name']}>{player.username}</span>
                    <span className={styles['role']}>
                      {player.playerId === myId ? 'you' : player.bot ? 'bot' : 'rival'}
                    </span>
                  </>
                )}
              </li>
            );
          })}
        </ul>
        <p className={styles['foot']} role="status">
          {link === 'lost'
            ? 'Connection lost. Your place is kept; getting you back.'
            : `${players.length} of ${maxPlayers} here`}
        </p>
        <Link className={styles['back']} href="/">
          Back to the front page
        </Link>
      </div>
      {last && (
        <p key={seconds} className={styles['count']} aria-hidden="true">
          {seconds}
        </p>
      )}
    </main>
  );
}

function Postmark({ seconds }: { seconds: number | null }) {
  return (
    <div className={styles['postmark']} role="timer" aria-label={seconds === null ? 'Waiting' : `${seconds} seconds`}>
      <svg viewBox="0 0 220 120" aria-hidden="true">
        <g fill="none" stroke="currentColor" strokeWidth="3">
          <circle cx="60" cy="60" r="56" />
          <circle cx="60" cy="60" r="43" strokeWidth="1.5" />
          <path d="M122 28c16-12 32 12 48 0s32 12 48 0M124 50c16-12 31 12 47 0s31 12 47 0M124 72c16-12 31 12 47 0s31 12 47 0M122 94c16-12 32 12 48 0s32 12 48 0" />
        </g>
      </svg>
      <span className={styles['seconds']}>{seconds ?? '–'}</span>
    </div>
  );
}
