import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Replica } from '../../scripts/lib/platform.ts';

/** Gives each new connection to the next replica that takes any, and then lets the two alone. */
export class Balancer {
  readonly url: string;
  private readonly server: Server;
  private readonly replicas: readonly Replica[];
  private readonly out = new Set<Replica>();
  private readonly sockets: Set<Socket>;
  private turn = 0;

  private constructor(server: Server, sockets: Set<Socket>, replicas: readonly Replica[]) {
    this.server = server;
    this.sockets = sockets;
    this.replicas = replicas;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(replicas: readonly Replica[]): Promise<Balancer> {
    const sockets = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true }, (client) => {
      balancer.join(client);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const balancer = new Balancer(server, sockets, replicas);
    return balancer;
  }

  /** Whether the replica gets new connections. */
  take(replica: Replica, takes: boolean): void {
    if (takes) this.out.delete(replica);
    else this.out.add(replica);
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private join(client: Socket): void {
    const taking = this.replicas.filter((replica) => !this.out.has(replica));
    const replica = taking[this.turn++ % taking.length];
    const { hostname, port } = new URL(replica?.url ?? '');
    const upstream = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    for (const socket of [client, upstream]) {
      this.sockets.add(socket);
      socket.setNoDelay(true);
      socket.once('close', () => this.sockets.delete(socket));
    }
    client.once('error', () => upstream.destroy());
    upstream.once('error', () => client.destroy());
    client.pipe(upstream).pipe(client);
  }
}
