import { generateKeyPairSync } from 'node:crypto';
import { expect, jest, test } from '@jest/globals';
import { importPKCS8, SignJWT, UnsecuredJWT, type CryptoKey } from 'jose';
import { PlayerId } from '../../contracts/ids.ts';
import { Secret } from '../../platform/secret.ts';
import { AccessTokens, isEd25519, type Identity } from './tokens.ts';

const keyPair = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    private: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    public: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
};
const keys = keyPair();
const tokensOf = (...pems: [string, ...string[]]) => new AccessTokens(new Secret(() => pems));
const identity: Identity = {
  playerId: PlayerId.parse('3b241101-e2bb-4255-8caf-4136c566a962'),
  username: 'BraveOtter417',
  guest: true,
  bot: false,
};
const partOf = (token: string, part: number): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[part] ?? '', 'base64url').toString()) as Record<string, unknown>;

test('a token says who it is for, names its key, and is good for 15 minutes', async () => {
  const tokens = tokensOf(keys.private);
  const token = await tokens.issue(identity);
  expect(await tokens.verify(token)).toEqual(identity);
  expect(partOf(token, 0)).toEqual({ alg: 'EdDSA', kid: expect.stringMatching(/^[\w-]{43}$/) });
  const claims = partOf(token, 1);
  expect(Number(claims['exp']) - Number(claims['iat'])).toBe(900);
});

test('a token that has expired is refused, even one that was verified before', async () => {
  const tokens = tokensOf(keys.private);
  const [seen, unseen] = [await tokens.issue(identity), await tokens.issue({ ...identity, guest: false })];
  await tokens.verify(seen);
  jest.useFakeTimers({ now: Date.now() + 901_000 });
  try {
    expect(await tokens.verify(seen)).toBeNull();
    expect(await tokens.verify(unseen)).toBeNull();
  } finally {
    jest.useRealTimers();
  }
});

test('while the key is changed tokens of both keys hold, before and after the new one signs; then only those of the new', async () => {
  const next = keyPair();
  const before = tokensOf(keys.private, next.private);
  const during = tokensOf(next.private, keys.private);
  const after = tokensOf(next.private);
  const old = await before.issue(identity);
  const fresh = await during.issue(identity);
  expect(await before.verify(fresh)).toEqual(identity);
  expect(await during.verify(old)).toEqual(identity);
  expect(await during.verify(fresh)).toEqual(identity);
  expect(await after.verify(old)).toBeNull();
  expect(await after.verify(fresh)).toEqual(identity);
});

test('what we did not sign is refused', async () => {
  const tokens = tokensOf(keys.private);
  const good = await tokens.issue(identity);
  const [header = '', payload = '', signature = ''] = good.split('.');
  const other = await importPKCS8(keyPair().private, 'EdDSA');
  const own = await importPKCS8(keys.private, 'EdDSA');
  const sign = (key: CryptoKey, claims: object, head: object) =>
    new SignJWT({ iss: 'idempo', sub: identity.playerId, username: 'x', guest: true, ...claims })
      .setProtectedHeader({ alg: 'EdDSA', ...head })
      .setExpirationTime('15m')
      .sign(key);
  const kid = partOf(good, 0)['kid'];
  const forged = Buffer.from(JSON.stringify({ ...partOf(good, 1), username: 'Admin' })).toString('base64url');
  const hmac = await new SignJWT({ sub: identity.playerId, username: 'x', guest: true })
    .setProtectedHeader({ alg: 'HS256', kid: String(kid) })
    .sign(Buffer.from(keys.public));
  const wrong: Record<string, string> = {
    'alg none': new UnsecuredJWT({ sub: identity.playerId, username: 'x', guest: true })
      .setExpirationTime('1h')
      .encode(),
    'another key': await sign(other, {}, { kid }),
    'a key that we do not know': await sign(own, {}, { kid: 'unknown' }),
    'no key named': await sign(own, {}, {}),
    'the public key as an HMAC secret': hmac,
    'another issuer': await sign(own, { iss: 'else' }, { kid }),
    'a subject that is no player': await sign(own, { sub: 'admin' }, { kid }),
    'a claim missing': await sign(own, { username: undefined }, { kid }),
    'other claims under our signature': `${header}.${forged}.${signature}`,
    'no signature': `${header}.${payload}.`,
    'half a token': good.slice(0, 40),
    nothing: '',
  };
  for (const [what, token] of Object.entries(wrong)) expect([what, await tokens.verify(token)]).toEqual([what, null]);
});

test('only Ed25519 keys are taken', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  expect(isEd25519(keys.private)).toBe(true);
  expect(isEd25519(keys.public)).toBe(false);
  expect(isEd25519(rsa.export({ type: 'pkcs8', format: 'pem' }).toString())).toBe(false);
  expect(isEd25519('nonsense')).toBe(false);
});
