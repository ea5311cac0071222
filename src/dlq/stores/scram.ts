import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

const iterations = 4096;

export interface KafkaCredential {
  user: string;
  /** As the protocol numbers the mechanisms. */
  mechanism: 1 | 2;
  iterations: number;
  salt: Buffer;
  saltedPassword: Buffer;
}

/** What a Kafka broker keeps of a password (RFC 5802): the password itself does not go over the wire. */
export const kafkaCredential = (
  user: string,
  password: string,
  mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512',
): KafkaCredential => {
  const salt = randomBytes(24);
  return mechanism === 'SCRAM-SHA-256'
    ? { user, mechanism: 1, iterations, salt, saltedPassword: pbkdf2Sync(password, salt, iterations, 32, 'sha256') }
    : { user, mechanism: 2, iterations, salt, saltedPassword: pbkdf2Sync(password, salt, iterations, 64, 'sha512') };
};

/** What PostgreSQL keeps of a password, which it takes in place of the password: so the server's log has none either. */
export const postgresVerifier = (password: string): string => {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const keyed = (text: string) => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(keyed('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${String(iterations)}:${salt.toString('base64')}$${stored}:${keyed('Server Key').toString('base64')}`;
};
