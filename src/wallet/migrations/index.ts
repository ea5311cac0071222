import type { Migrations } from '../../platform/database/migrate.ts';
import { Wallets } from './001-wallets.ts';
import { Lives } from './002-lives.ts';
import { Asked } from './003-asked.ts';

export const migrations: Migrations = {
  schema: 'public',
  outbox: true,
  list: [
    { name: '001-wallets', class: Wallets },
    { name: '002-lives', class: Lives },
    { name: '003-asked', class: Asked },
  ],
};
