import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import { freePort } from '../../scripts/lib/ports.ts';
import { io, type Socket } from 'socket.io-client';
import { aPlayer } from '../../tests/games.ts';
import { MatchId } from '../contracts/ids.ts';
import type { ActionAcknowledgement } from '../contracts/live.ts';
import type { ActionAnswer } from '../contracts/match.ts';
import { ProcessLifecycle } from '../platform/lifecycle.ts';
import { Live } from './live.ts';
import { Secret } from '../platform/secret.ts';
import { MatchTokens } from './tokens.ts';

/** Real: HTTP and WebSocket. The hub and the intake are written doubles. */
const tokens = new MatchTokens(new Secret(() => ['a secret of thirty-two characters!']));
const matchId = MatchId.parse(randomUUID());
const seat = { playerId: aPlayer(), matchId };
const soon = () => new Date(Date.now() + 60_000);

let server: Server;
let url: string;
let lifecycle: ProcessLifecycle;
let intake: { pending: number; act: () => Promise<ActionAnswer>; asked: number };
const sockets: Socket[] = [];
const answer = { actionId: randomUUID(), seq: 2 };

const open = async (port: number) => {
  lifecycle = new ProcessLifecycle();
  server = createServer((_request, response) => response.writeHead(404).end());
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  intake = {
    pending: 0,
    asked: 0,
    act: async () => {
      intake.asked++;
      return answer as never;
    },
  };
  const hub = {
    watch: () => Promise.resolve(),
    unwatch: () => undefined,
    welcome: async (_id: MatchId, tell: (state: never) => void) => tell({ seq: 1 } as never),
  };
  new Live().open(server, { hub, intake, tokens } as never, 1000, lifecycle);
};
beforeEach(async () => open(await freePort()));
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.disconnect();
  await lifecycle.stop();
  server.close();
});

const connect = (token: unknown, match: string = matchId): Socket => {
  const socket = io(url, {
    path: '/game/socket.io',
    transports: ['websocket'],
    auth: { token },
    query: { match },
    forceNew: true,
    reconnectionDelay: 20,
    reconnectionDelayMax: 100,
  });
  sockets.push(socket);
  return socket;
};
const once = (socket: Socket, event: string): Promise<unknown> =>
  new Promise((resolve) => socket.once(event, (value: unknown) => resolve(value)));
const act = (socket: Socket, ...message: unknown[]): Promise<ActionAcknowledgement> =>
  socket.timeout(3000).emitWithAck('action', ...message) as Promise<ActionAcknowledgement>;

test('who has a token for the match gets its state', async () => {
  expect(await once(connect(await tokens.issue(seat, soon())), 'match.state')).toEqual({ seq: 1 });
});

test('a wrong, expired, missing or foreign token is refused with a reason, and nothing else happens', async () => {
  const foreign = new MatchTokens(new Secret(() => ['another secret of thirty-two chars']));
  const bad = [
    'nonsense',
    undefined,
    { $ne: 1 },
    await tokens.issue(seat, new Date(Date.now() - 1000)),
    await foreign.issue(seat, soon()),
  ];
  for (const token of bad) {
    const refusal = await once(connect(token), 'connect_error');
    expect(refusal).toHaveProperty('message', expect.stringContaining('join again'));
  }
  const elsewhere = connect(await tokens.issue(seat, soon()), randomUUID());
  expect(await once(elsewhere, 'connect_error')).toMatchObject({ message: 'The token is for another match.' });
});

test('malformed messages of every kind are answered with 400, and the connection goes on', async () => {
  const socket = connect(await tokens.issue(seat, soon()));
  await once(socket, 'match.state');
  const id = randomUUID();
  const malformed: unknown[] = [
    null,
    0,
    '',
    'x',
    true,
    [],
    {},
    [[]],
    { type: 'move' },
    { type: 'fly', actionId: id },
    { type: 'defend' },
    { type: 'defend', actionId: 'x' },
    { type: 'defend', actionId: id, extra: 1 },
    { type: 'move', actionId: id, payload: { direction: 'up' } },
    { type: 'move', actionId: id, payload: null },
    { type: 'attack', actionId: id, payload: { targetId: { $gt: '' } } },
    { type: 'defend', actionId: id, useStamp: 'yes' },
    { type: 'defend', actionId: id, payload: { deep: [[[[]]]] } },
    { type: 'defend', actionId: id, __proto__x: 1 },
    Buffer.from('binary'),
    { type: Buffer.from('x'), actionId: id },
  ];
  for (const message of malformed) {
    expect(await act(socket, message)).toMatchObject({
      status: 400,
      body: { error: 'VALIDATION_ERROR' },
    });
  }
  socket.emit('action');
  socket.emit('action', 'no acknowledgement');
  socket.emit('action', {}, 'not a function', 3);
  socket.emit('nothing known', { a: 1 });
  expect(intake.asked).toBe(0);
  expect(await act(socket, { type: 'defend', actionId: id })).toEqual({ status: 200, body: answer });
});

test('raw frames of no protocol do not end the server', async () => {
  for (const frames of [
    ['40'],
    ['40null'],
    ['42'],
    ['xyz'],
    ['40{"token":1}', '42["action"]'],
    ['451-["a",{"_placeholder":true}]'],
    ['9'],
  ]) {
    const socket = new WebSocket(
      `${url.replace('http', 'ws')}/game/socket.io/?EIO=4&transport=websocket&match=${matchId}`,
    );
    await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }));
    for (const frame of frames) socket.send(frame);
    await new Promise((resolve) => socket.addEventListener('message', resolve, { once: true }));
    socket.close();
  }
  expect(await once(connect(await tokens.issue(seat, soon())), 'match.state')).toEqual({ seq: 1 });
});

test('a drain answers what is in hand, then closes; the client comes back by itself to who listens next', async () => {
  const socket = connect(await tokens.issue(seat, soon()));
  await once(socket, 'match.state');
  const outcome = Promise.withResolvers<ActionAnswer>();
  const taken = Promise.withResolvers<undefined>();
  intake.act = () => {
    intake.pending = 1;
    taken.resolve(undefined);
    return outcome.promise.finally(() => (intake.pending = 0));
  };
  const acknowledged = act(socket, { type: 'defend', actionId: randomUUID() });
  await taken.promise;
  const gone = once(socket, 'disconnect');
  const stopped = lifecycle.stop();
  outcome.resolve(answer as never);
  expect(await acknowledged).toEqual({ status: 200, body: answer });
  expect(await gone).toBe('transport close');
  await stopped;
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const back = once(socket, 'match.state');
  await open(port);
  expect(await back).toEqual({ seq: 1 });
});
