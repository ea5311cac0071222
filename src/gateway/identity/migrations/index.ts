import type { Migrations } from '../../../platform/database/migrate.ts';
import { CreateIdentity } from './0001-create-identity.ts';
import { MarkBots } from './0002-mark-bots.ts';

export const migrations: Migrations = {
  schema: 'identity',
  list: [
    { name: '0001-create-identity', class: CreateIdentity },
    { name: '0002-mark-bots', class: MarkBots },
  ],
};
