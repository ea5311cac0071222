import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../bundle.ts';
import { dashboards } from './dashboards.ts';
import { grafanaJson } from './grafana.ts';

/** `node scripts/lib/dashboards/write.ts` writes the dashboards as the chart has them. */
export const dashboardsFolder = join(root, 'charts/monitoring/dashboards');

/** File name → what it should say. */
export const dashboardFiles = (): Map<string, string> =>
  new Map(dashboards.map((each) => [`${each.name}.json`, `${JSON.stringify(grafanaJson(each))}\n`]));

if (import.meta.main) {
  rmSync(dashboardsFolder, { recursive: true, force: true });
  mkdirSync(dashboardsFolder, { recursive: true });
  for (const [name, text] of dashboardFiles()) writeFileSync(join(dashboardsFolder, name), text);
}
