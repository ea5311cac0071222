import type { Migrations } from '../../platform/database/migrate.ts';
import { Wallets } from './001-wallets.ts';

export const migrations: Migrations = { schema: 'public', list: [{ name: '001-wallets', class: Wallets }] };
