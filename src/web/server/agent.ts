import { Agent, type AgentOptions, type ClientRequestArgs } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';

const firstPauseMs = 25;
const longestPauseMs = 400;

/**
 * An agent that asks again for a connection, for up to `patienceMs`: while replicas are replaced, some seconds may pass in which a Service leads to one that
 * has gone. Nothing has been sent by then, so that nothing is done twice.
 */
export function patientAgent(tls: boolean, options: AgentOptions = {}, patienceMs = 5000): Agent {
  const agent = tls ? new TlsAgent(options) : new Agent(options);
  agent.createConnection = (to: ClientRequestArgs, done?: (error: Error | null, socket: Socket) => void) => {
    const deadline = Date.now() + patienceMs;
    const attempt = (pauseMs: number): void => {
      const socket = tls ? connectTls(to as ConnectionOptions) : connect(to as NetConnectOpts);
      const failed = (error: Error) => {
        if (Date.now() < deadline) setTimeout(() => attempt(Math.min(2 * pauseMs, longestPauseMs)), pauseMs);
        else done?.(error, socket);
      };
      socket.once('error', failed).once(tls ? 'secureConnect' : 'connect', () => {
        socket.off('error', failed);
        done?.(null, socket);
      });
    };
    attempt(firstPauseMs);
    return undefined;
  };
  return agent;
}
