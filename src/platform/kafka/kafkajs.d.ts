/** What kafkajs has and does not type: how it signs in by each mechanism, for a provider that decides with which password. */
declare module 'kafkajs/src/broker/saslAuthenticator/*.js' {
  import type { Mechanism } from 'kafkajs';
  const provider: (account: { username: string; password: string }) => Mechanism['authenticationProvider'];
  export default provider;
}

declare module 'kafkajs/src/network/requestQueue/index.js' {
  import type { Logger } from 'kafkajs';
  interface Request {
    entry: { correlationId: number; resolve(): void };
    expectResponse: boolean;
    sendRequest(): void;
  }
  /** The requests of one connection to a broker. */
  export default class RequestQueue {
    constructor(options: { maxInFlightRequests: number | null; logger: Logger });
    /** Those that wait, for a throttle to end or for others to be answered. */
    pending: unknown[];
    push(request: Request): void;
    maybeThrottle(ms: number): void;
    checkPendingRequests(): void;
    scheduleCheckPendingRequests: (this: RequestQueue) => void;
    destroy(): void;
  }
}
