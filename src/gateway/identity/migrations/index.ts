import type { Migrations } from '../../../platform/database/migrate.ts';
import { CreateIdentity } from './0001-create-identity.ts';

export const migrations: Migrations = {
  schema: 'identity',
  list: [{ name: '0001-create-identity', class: CreateIdentity }],
};
