import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** A player, from the first click on. Without a password it is a guest. */
export const Account = defineEntity({
  name: 'Account',
  schema: 'identity',
  tableName: 'accounts',
  properties: {
    playerId: p.uuid().primary(),
    /** Unique without regard to case. */
    username: p.text(),
    passwordHash: p.text().nullable(),
    bot: p.boolean().default(false),
    createdAt: p.datetime(),
    registeredAt: p.datetime().nullable(),
  },
});
export type Account = InferEntity<typeof Account>;

/** One sign-in. Its refresh token is replaced at every use, and only the hash of the current one is kept. */
export const Session = defineEntity({
  name: 'Session',
  schema: 'identity',
  tableName: 'sessions',
  properties: {
    id: p.uuid().primary(),
    account: () => p.manyToOne(Account).joinColumn('player_id'),
    tokenHash: p.blob(),
    createdAt: p.datetime(),
    expiresAt: p.datetime(),
  },
});
export type Session = InferEntity<typeof Session>;
