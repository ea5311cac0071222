/** What our dashboards use of Grafana's JSON model. */
export interface Query {
  expr: string;
  legend: string;
}
export type Unit = 'short' | 's' | 'd' | 'reqps' | 'percentunit' | 'ops';
export interface Graph {
  title: string;
  unit: Unit;
  queries: Query[];
}
export interface Dashboard {
  /** The file's name, and the id by which Grafana knows it again. */
  name: string;
  title: string;
  graphs: Graph[];
}

const columns = 2;
const width = 24 / columns;
const height = 8;
const datasource = { type: 'prometheus', uid: '${datasource}' };

const panel = ({ title, unit, queries }: Graph, index: number) => ({
  id: index + 1,
  type: 'timeseries',
  title,
  datasource,
  gridPos: { x: (index % columns) * width, y: Math.floor(index / columns) * height, w: width, h: height },
  fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
  options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
  targets: queries.map(({ expr, legend }, target) => ({
    refId: String.fromCharCode('A'.charCodeAt(0) + target),
    datasource,
    expr,
    legendFormat: legend,
  })),
});

/** As Grafana reads it. Every query is of one installation: `$namespace`, the services' namespace. */
export const grafanaJson = ({ name, title, graphs }: Dashboard) => ({
  uid: `idempo-${name}`,
  title: `Idempo / ${title}`,
  tags: ['idempo'],
  schemaVersion: 41,
  editable: true,
  timezone: 'browser',
  refresh: '10s',
  time: { from: 'now-30m', to: 'now' },
  templating: {
    list: [
      { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus' },
      {
        name: 'namespace',
        label: 'Namespace',
        type: 'query',
        datasource,
        query: { query: 'label_values(http_request_duration_seconds_count, namespace)', refId: 'namespace' },
        refresh: 2,
      },
    ],
  },
  panels: graphs.map(panel),
});
