import type { Migrations } from '../../platform/database/migrate.ts';
import { Matches } from './001-matches.ts';
import { Stamps } from './002-stamps.ts';

export const migrations: Migrations = {
  schema: 'public',
  list: [
    { name: '001-matches', class: Matches },
    { name: '002-stamps', class: Stamps },
  ],
};
