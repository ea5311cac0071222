import type { Migrations } from '../../platform/database/migrate.ts';
import { Letters } from './001-letters.ts';

export const migrations: Migrations = { schema: 'dlq', list: [{ name: '001-letters', class: Letters }] };
