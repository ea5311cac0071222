/** The Kubernetes API as the pod's service account may use it, with nothing but Node (NODE_EXTRA_CA_CERTS names the cluster's CA). */
import { readFileSync } from 'node:fs';

const account = process.env.SERVICE_ACCOUNT ?? '/var/run/secrets/kubernetes.io/serviceaccount';
const server = `https://${process.env.KUBERNETES_SERVICE_HOST ?? ''}:${process.env.KUBERNETES_SERVICE_PORT ?? ''}`;

export interface KubernetesObject {
  metadata: {
    name: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    deletionTimestamp?: string;
  };
}
export interface Secret extends KubernetesObject {
  type?: string;
  data?: Record<string, string>;
}

/** An answer that is neither success nor one of the statuses that the caller expects. */
export class ApiError extends Error {
  override name = 'ApiError';
  readonly status: number;

  constructor(method: string, path: string, status: number, text: string) {
    super(`${method} ${path}: ${String(status)} ${text}`);
    this.status = status;
  }
}

/** Calls the API. An expected status that is no success answers undefined: 404 for what may not be there, 409 for what may. */
export const call = async <T,>(
  method: string,
  path: string,
  options: { body?: unknown; expected?: number[] } = {},
): Promise<T | undefined> => {
  const response = await fetch(server + path, {
    method,
    headers: {
      authorization: `Bearer ${readFileSync(`${account}/token`, 'utf8')}`,
      'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
  });
  if (response.ok) return (await response.json()) as T;
  const text = await response.text();
  if (options.expected?.includes(response.status)) return undefined;
  throw new ApiError(method, path, response.status, text);
};

/** Repeats while the API or the network is away: a Job should not end for a hiccup. */
export const persistently = async <T,>(work: () => Promise<T>, attempts = 30): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const passing = !(error instanceof ApiError) || error.status >= 500 || error.status === 429;
      if (!passing || attempt === attempts) throw error;
      console.log(`again in 1 s: ${error instanceof Error ? error.message : String(error)}`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
};
