import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { oddity } from './malformed.ts';
import type { Random } from './random.ts';

/** What is written to a connection, piece by piece. */
export type Bytes = (string | Buffer)[];

/** Sends bytes, and answers with the beginning of what comes back until the other side ends, or says nothing more. */
export const raw = (url: string, parts: Bytes): Promise<string> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    let heard = '';
    const socket = connect(Number(port), hostname, () => {
      for (const part of parts) socket.write(part);
    });
    const end = () => {
      socket.destroy();
      resolve(heard.slice(0, 4000));
    };
    socket.setTimeout(300, end);
    socket.on('data', (data) => (heard += data.toString('latin1')));
    socket.on('error', end).on('close', end).on('end', end);
  });

const garbage = (length: number, random: Random) => Buffer.from(Array.from({ length }, () => random.below(256)));

/** Requests that are no HTTP, or hardly. */
export const malformedHttp = (token: string, random: Random): (() => Bytes)[] => [
  () => [garbage(1 + random.below(3000), random)],
  () => ['GET /api/health HTTP/1.1\r\n', garbage(100, random), '\r\n\r\n'],
  () => [`GET /api/health HTTP/9.9\r\nhost: x\r\n\r\n`],
  () => [`POST /api/matches HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-length: -1\r\n\r\n`],
  () => [
    `POST /api/matches HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-length: 99999999999\r\n\r\n{}`,
  ],
  () => [`POST /api/matches HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n`],
  () => [`GET /api/health HTTP/1.1\r\nhost: x\r\nx-correlation-id: ${'x'.repeat(20_000)}\r\n\r\n`],
  () => [`GET /api/health HTTP/1.1\r\n${'a: b\r\n'.repeat(3000)}\r\n`],
  () => [`GET /api/${'a'.repeat(random.below(20_000))} HTTP/1.1\r\nhost: x\r\n\r\n`],
  () => [`GET http://[::1 HTTP/1.1\r\nhost: x\r\n\r\n`],
  () => [`GET //${'/'.repeat(random.below(50))}%zz?%%% HTTP/1.1\r\nhost: x\r\n\r\n`],
  () => [`OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n`],
  () => [`CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n`],
  () => [`TRACE /api/health HTTP/1.1\r\nhost: x\r\n\r\n`],
  () => [`GET /api/matches HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${'é\u0001'.repeat(9)}\r\n\r\n`],
  () => [`GET /api/matches HTTP/1.1\r\nhost: x\r\nupgrade: h2c\r\nconnection: upgrade\r\n\r\n`],
  () => [
    `POST /api/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\nabcd`,
  ],
  () => [
    `POST /api/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-encoding: br\r\ncontent-length: 20\r\n\r\nabcd`,
  ],
];

/** Handshakes, packets and frames that are no socket.io, or hardly. */
export const malformedLive = (matchId: string, wsToken: string, random: Random): (() => Bytes)[] => {
  const handshake = (query: string, headers = '') =>
    `GET /game/socket.io/?${query} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n` +
    `sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n${headers}\r\n`;
  const usual = `EIO=4&transport=websocket&match=${matchId}`;
  const frame = (text: string | Buffer, first = 0x81): Buffer => {
    const payload = Buffer.from(text);
    const length =
      payload.length < 126
        ? Buffer.from([0x80 | payload.length])
        : Buffer.from([0xfe, payload.length >> 8, payload.length & 255]);
    return Buffer.concat([Buffer.from([first]), length, Buffer.alloc(4), payload]);
  };
  const odd = () => JSON.stringify(oddity(random)).slice(0, 3000);
  const connectPacket = () => frame(`40${JSON.stringify({ token: wsToken })}`);
  return [
    () => [handshake(usual), garbage(1 + random.below(500), random)],
    () => [handshake(usual), frame(`40${odd()}`)],
    () => [handshake(usual), frame(`40{"token":${odd()}}`)],
    () => [handshake(usual), frame('42["action",{}]')],
    () => [handshake(usual), frame('40{"token"')],
    () => [handshake(usual), connectPacket(), frame(`42${odd()}`)],
    () => [handshake(usual), connectPacket(), frame(`42["action",${odd()}]`)],
    () => [handshake(usual), connectPacket(), frame(`420["action",${odd()},${odd()}]`)],
    () => [handshake(usual), connectPacket(), frame(`42[${odd()},${odd()}]`)],
    () => [
      handshake(usual),
      connectPacket(),
      frame('42["connection"]'),
      frame('42["disconnect"]'),
      frame('42["error",{}]'),
    ],
    () => [
      handshake(usual),
      connectPacket(),
      frame(`45${random.below(99)}-["action",{"_placeholder":true,"num":${random.below(9)}}]`),
    ],
    () => [
      handshake(usual),
      connectPacket(),
      frame(garbage(50, random), 0x82),
      frame('43[]'),
      frame('4'),
      frame('9'),
      frame(''),
    ],
    () => [handshake(usual), connectPacket(), frame(`42["action",{"a":"${'x'.repeat(20_000)}"}]`)],
    () => [
      handshake(usual),
      connectPacket(),
      Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    ],
    () => [handshake(usual), frame('40/admin,{}'), frame('41'), frame('44{"message":1}')],
    () => [
      handshake(
        `EIO=${random.below(9)}&transport=${random.pick(['websocket', 'polling', 'x'])}&sid=${random.below(99)}`,
      ),
    ],
    () => [handshake(`${usual}&sid=${randomUUID()}`)],
    () => [handshake('%')],
    () => [handshake(usual).replace('dGhlIHNhbXBsZSBub25jZQ==', 'x')],
    () => [handshake(usual).replace('version: 13', 'version: 99')],
    () => [
      handshake(
        usual,
        `cookie: io=${'x'.repeat(500)}\r\nsec-websocket-extensions: permessage-deflate; server_max_window_bits=99\r\n`,
      ),
    ],
    () => [handshake(usual).replace('GET', 'POST')],
    () => [handshake(usual).replace('/game/', '/nothing/')],
    () => [
      `POST /game/socket.io/?EIO=4&transport=polling&sid=${randomUUID()} HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\n40x`,
    ],
    () => [
      `GET /game/socket.io/?EIO=4&transport=${random.pick(['polling', 'x', ''])}&sid=${random.below(9)} HTTP/1.1\r\nhost: x\r\n\r\n`,
    ],
  ];
};
