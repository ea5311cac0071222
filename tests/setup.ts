import { startServers, type Servers } from '../scripts/lib/servers.ts';
import { readValues } from '../scripts/lib/values.ts';
import { ownFolder, type OwnFolder } from './folder.ts';

let servers: Servers | undefined;
let folder: OwnFolder | undefined;

/** Before the first integration test: real servers, fresh, for all of them. */
export default async function setup(): Promise<void> {
  folder = await ownFolder('integration');
  servers = await startServers({ dir: folder.path, values: readValues(), durable: false });
  process.env.IDEMPO_TEST_SERVERS = JSON.stringify(servers.facts);
}

/** After the last. */
export async function teardown(): Promise<void> {
  await servers?.stop();
  folder?.remove();
}
