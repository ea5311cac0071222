import type { Migrations } from '../../platform/database/migrate.ts';
import { Matches } from './001-matches.ts';
import { Stamps } from './002-stamps.ts';
import { Lives } from './003-lives.ts';
import { State } from './004-state.ts';

export const migrations: Migrations = {
  schema: 'public',
  outbox: true,
  list: [
    { name: '001-matches', class: Matches },
    { name: '002-stamps', class: Stamps },
    { name: '003-lives', class: Lives },
    { name: '004-state', class: State },
  ],
};
