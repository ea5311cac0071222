import type { PlatformOptions } from '../../scripts/lib/platform.ts';

/** A test is many players at one address, and no limit is its subject. */
export const unlimited: NonNullable<PlatformOptions['env']> = {
  gateway: {
    RATE_LIMIT_PLAYER: '1000000/1',
    RATE_LIMIT_ADDRESS: '1000000/1',
    RATE_LIMIT_SIGN_UP: '1000000/1',
  },
  game: { ACTIONS_PER_SECOND: '10000' },
};

/** Matches of three that last some seconds, and begin as soon as three are there. */
export const quickRules = { maxPlayers: 3, lobbySeconds: 4, matchSeconds: 15, hp: 60 };
