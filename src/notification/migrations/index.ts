import type { Migrations } from '../../platform/database/migrate.ts';
import { Notifications } from './001-notifications.ts';

export const migrations: Migrations = {
  schema: 'notification',
  list: [{ name: '001-notifications', class: Notifications }],
};
