import type { Migrations } from '../../platform/database/migrate.ts';
import { Items } from './001-items.ts';
import { Lives } from './002-lives.ts';

export const migrations: Migrations = {
  schema: 'public',
  outbox: true,
  list: [
    { name: '001-items', class: Items },
    { name: '002-lives', class: Lives },
  ],
};
