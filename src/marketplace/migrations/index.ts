import type { Migrations } from '../../platform/database/migrate.ts';
import { Market } from './001-market.ts';

export const migrations: Migrations = { schema: 'public', list: [{ name: '001-market', class: Market }] };
