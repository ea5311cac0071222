import type { Migrations } from '../../platform/database/migrate.ts';
import { Scores } from './001-scores.ts';

export const migrations: Migrations = { schema: 'leaderboard', list: [{ name: '001-scores', class: Scores }] };
