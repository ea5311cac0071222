import { z } from 'zod';

const port = (fallback: number) => z.coerce.number().int().min(0).max(65_535).default(fallback);

const Environment = z.object({
  PORT: port(3001),
  MANAGEMENT_PORT: port(9100),
  /** Where /api and the live connections are passed on to, where no Ingress does that. */
  GATEWAY_URL: z.url({ protocol: /^https?$/ }).default('http://127.0.0.1:4000'),
});

export interface WebConfig {
  port: number;
  managementPort: number;
  gateway: URL;
}

/** Reads the environment; prints everything that is wrong with it and exits 1. */
export function loadWebConfig(environment: NodeJS.ProcessEnv = process.env): WebConfig {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    for (const { path, message } of parsed.error.issues) console.error(`${path.join('.')}: ${message}`);
    process.exit(1);
  }
  const { PORT, MANAGEMENT_PORT, GATEWAY_URL } = parsed.data;
  return { port: PORT, managementPort: MANAGEMENT_PORT, gateway: new URL(GATEWAY_URL) };
}
