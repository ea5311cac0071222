/** Where the platform answers on a developer's machine, embedded and by Compose alike. */
export const standardPorts = {
  web: 3001,
  gateway: 4000,
  game: 4001,
  wallet: 4002,
  inventory: 4003,
  marketplace: 4004,
  leaderboard: 4005,
  notification: 4006,
  dlq: 8080,
  metrics: 9100,
  kafka: 19092,
  postgres: 15432,
  redis: 16379,
};
export type PortName = keyof typeof standardPorts;
export type Ports = Record<PortName, number>;

/** The environment variable that chooses another port. */
export const variableOf = (name: string) => `IDEMPO_PORT_${name.toUpperCase()}`;

/** The port of the environment, or the one given. @throws Error that names a variable which is no port. */
export const portFor = (name: string, standard: number): number => {
  const text = process.env[variableOf(name)];
  if (text === undefined) return standard;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`${variableOf(name)} is no port: ${text}`);
  return port;
};

/** All of them, by the environment. */
export const readPorts = (): Ports => {
  const ports = { ...standardPorts };
  for (const name of Object.keys(ports).filter((key): key is PortName => key in ports))
    ports[name] = portFor(name, ports[name]);
  return ports;
};

/** Compose has a server for each database, one port after the other; each has a variable of its own. */
export const databasePort = (keys: string[], key: string) => ({
  name: `postgres_${key}`,
  standard: standardPorts.postgres + keys.indexOf(key),
});
