import type { Migrations } from '../../platform/database/migrate.ts';
import { Market } from './001-market.ts';
import { OldTrades } from './002-old-trades.ts';
import { Lives } from './003-lives.ts';

export const migrations: Migrations = {
  schema: 'public',
  outbox: true,
  list: [
    { name: '001-market', class: Market },
    { name: '002-old-trades', class: OldTrades },
    { name: '003-lives', class: Lives },
  ],
};
