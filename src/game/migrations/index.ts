import type { Migrations } from '../../platform/database/migrate.ts';
import { Matches } from './001-matches.ts';

export const migrations: Migrations = { schema: 'public', list: [{ name: '001-matches', class: Matches }] };
