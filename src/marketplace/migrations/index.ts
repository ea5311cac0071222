import type { Migrations } from '../../platform/database/migrate.ts';
import { Market } from './001-market.ts';
import { OldTrades } from './002-old-trades.ts';

export const migrations: Migrations = {
  schema: 'public',
  list: [
    { name: '001-market', class: Market },
    { name: '002-old-trades', class: OldTrades },
  ],
};
