import type { Migrations } from '../../platform/database/migrate.ts';
import { Items } from './001-items.ts';

export const migrations: Migrations = { schema: 'public', list: [{ name: '001-items', class: Items }] };
