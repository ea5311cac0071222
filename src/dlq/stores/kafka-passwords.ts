import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ISocketFactory } from 'kafkajs';
import type { KafkaEnv } from '../../platform/config.ts';
import { kafkaClient } from '../../platform/kafka/client.ts';
import type { KafkaCredential } from './scram.ts';

/**
 * AlterUserScramCredentials (KIP-554), by which an admin sets the passwords of users. kafkajs does not have it: it signs in,
 * and the request goes over the connection that it has opened.
 */
const apiKey = 51;
/** None of those that kafkajs counts up from 0; it passes over the answer. */
const correlationId = 0x1de3_90;
const answerWithinMs = 10_000;

/** Refused by the broker; `message` is its own. */
export class RefusedError extends Error {
  override name = 'RefusedError';
}

/** @throws RefusedError when the broker does not take them, and what the connection fails with. */
export const setPasswords = async (env: KafkaEnv, credentials: KafkaCredential[]): Promise<void> => {
  const sockets: Socket[] = [];
  const socketFactory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    // As kafkajs does it by itself.
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket = env.KAFKA_TLS
      ? connectTls({ host, port, ...name, ...ssl }, onConnect)
      : connectPlain({ host, port }, onConnect);
    sockets.push(socket);
    return socket;
  };
  const admin = kafkaClient(env, 'idempo-stores', { socketFactory }).admin();
  await admin.connect();
  try {
    const socket = sockets.at(-1);
    if (socket === undefined) throw new Error('kafkajs opened no connection');
    const answer = answerOn(socket);
    socket.write(request(credentials));
    for (const { user, error } of results(await answer)) {
      if (error !== undefined) throw new RefusedError(`${user}: ${error}`);
    }
  } finally {
    await admin.disconnect();
  }
};

const int16 = (value: number) => {
  const buffer = Buffer.alloc(2);
  buffer.writeInt16BE(value);
  return buffer;
};
const int32 = (value: number) => {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
};
/** Of up to two bytes, as the lengths here are. */
const varint = (value: number) => Buffer.from(value < 128 ? [value] : [(value & 127) | 128, value >> 7]);
/** A length, which is one more than it is, and what has it. */
const compact = (bytes: Buffer) => Buffer.concat([varint(bytes.length + 1), bytes]);
const noTags = Buffer.from([0]);

const request = (credentials: KafkaCredential[]): Buffer => {
  const clientId = Buffer.from('idempo-stores');
  const message = Buffer.concat([
    ...[int16(apiKey), int16(0), int32(correlationId), int16(clientId.length), clientId, noTags],
    varint(1), // No deletions.
    varint(credentials.length + 1),
    ...credentials.flatMap(({ user, mechanism, iterations, salt, saltedPassword }) => [
      ...[compact(Buffer.from(user)), Buffer.from([mechanism]), int32(iterations), compact(salt)],
      ...[compact(saltedPassword), noTags],
    ]),
    noTags,
  ]);
  return Buffer.concat([int32(message.length), message]);
};

/** The body of the answer to our request. */
const answerOn = (socket: Socket): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      reject(new RefusedError('the broker did not answer'));
    }, answerWithinMs);
    let read = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      read = Buffer.concat([read, chunk]);
      while (read.length >= 8 && read.length >= 4 + read.readInt32BE(0)) {
        const end = 4 + read.readInt32BE(0);
        if (read.readInt32BE(4) === correlationId) {
          clearTimeout(late);
          resolve(read.subarray(8, end));
        }
        read = read.subarray(end);
      }
    });
    // A broker that does not know the request hangs up.
    socket.once('close', () => {
      clearTimeout(late);
      reject(new RefusedError('the broker does not know the request'));
    });
  });

const results = (body: Buffer): { user: string; error: string | undefined }[] => {
  let at = 1 + 4; // The tags of the header, and how long we were throttled.
  const length = () => {
    const low = body.readUInt8(at++);
    return (low < 128 ? low : (low & 127) | (body.readUInt8(at++) << 7)) - 1;
  };
  const text = () => {
    const bytes = length();
    if (bytes < 0) return undefined;
    at += bytes;
    return body.subarray(at - bytes, at).toString();
  };
  return Array.from({ length: length() }, () => {
    const user = text() ?? '';
    const code = body.readInt16BE(at);
    at += 2;
    const message = text();
    at++; // Tags.
    return { user, error: code === 0 ? undefined : (message ?? `error ${String(code)}`) };
  });
};
