import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { AddressInfo } from 'node:net';
import { Inventory, systemAccounts } from '../contracts/economy.ts';
import { internalRoutes } from '../contracts/internal.ts';
import type { PlayerId } from '../contracts/ids.ts';
import { createApp } from '../platform/http/app.ts';
import { ServiceClient } from '../platform/http/client.ts';
import { callerFromGateway, identityHeaders } from '../platform/http/identity.ts';
import { createHttpServer, listen } from '../platform/http/server.ts';
import { ProcessLifecycle } from '../platform/lifecycle.ts';
import { anItem, aPlayer, aTrade, command } from './fixtures.ts';
import { inventoryRoutes } from './routes.ts';
import { openInventory, reward, type TestInventory } from './test-inventory.ts';

/** Real: PostgreSQL and HTTP. Other services ask as they do: by the client of the contracts. */
const lifecycle = new ProcessLifecycle();
let inventory: TestInventory;
let url: string;
let client: ServiceClient;
beforeAll(async () => {
  inventory = await openInventory();
  const server = createHttpServer(
    createApp({ routes: inventoryRoutes(inventory.database), authenticate: callerFromGateway }),
  );
  await listen(server, 0, lifecycle);
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = new ServiceClient('inventory', [url], 5000);
});
afterAll(async () => {
  await lifecycle.stop();
  await inventory.close();
});

const inventoryOf = async (playerId: PlayerId, query = ''): Promise<Inventory> => {
  const response = await fetch(`${url}/inventory${query}`, { headers: { [identityHeaders.playerId]: playerId } });
  expect(response.status).toBe(200);
  return Inventory.parse(await response.json());
};
const weaponsOf = async (...playerIds: PlayerId[]) =>
  (await client.ask(internalRoutes.weapons, { body: { playerIds } })).weapons;

test('a new player owns nothing, and has no weapon', async () => {
  const playerId = aPlayer();
  expect(await inventoryOf(playerId)).toEqual({ items: [], total: 0, page: 1 });
  expect(await weaponsOf(playerId)).toEqual([]);
});

test("a player's items are listed page by page, the strongest first, with what they are, and nobody else's", async () => {
  const playerId = aPlayer();
  const [iron, rare, steel, newer] = [anItem(), anItem(), anItem(), anItem()];
  await inventory.handle(0, reward(playerId, iron), reward(playerId, rare, 'rare_sword_01'));
  await inventory.handle(0, reward(playerId, steel, 'steel_sword'), reward(aPlayer(), anItem()));
  await inventory.handle(0, reward(playerId, newer));
  const first = await inventoryOf(playerId, '?limit=3');
  expect(first).toMatchObject({ total: 4, page: 1 });
  expect(first.items.map(({ id }) => id)).toEqual([rare, steel, newer]);
  const second = await inventoryOf(playerId, '?limit=3&page=2');
  expect(second).toEqual({
    items: [
      {
        id: iron,
        itemId: 'iron_sword',
        name: 'Iron sword',
        type: 'weapon',
        rarity: 'common',
        damage: 5,
        locked: false,
        acquiredAt: expect.any(String),
      },
    ],
    total: 4,
    page: 2,
  });
  expect((await inventoryOf(playerId, '?limit=3&page=3')).total).toBe(4);
});

test('without the identity that the gateway vouches for there is no inventory', async () => {
  const response = await fetch(`${url}/inventory`);
  expect(response.status).toBe(401);
  expect(await response.json()).toMatchObject({ error: 'UNAUTHORIZED' });
});

test('an item that a trade has is locked and no weapon, and goes to its new owner with the trade', async () => {
  const trade = aTrade();
  const { itemId, sellerId, buyerId } = trade;
  const spare = anItem();
  await inventory.handle(0, reward(sellerId, itemId, 'rare_sword_01'), reward(sellerId, spare));
  const asked = { params: { id: itemId } };
  const rare = { itemId: 'rare_sword_01', name: 'Rare sword', type: 'weapon', rarity: 'rare', damage: 20 };
  expect(await client.ask(internalRoutes.itemOf, asked)).toEqual({
    id: itemId,
    ...rare,
    ownerId: sellerId,
    locked: false,
  });
  expect(await weaponsOf(sellerId)).toEqual([{ playerId: sellerId, itemId: 'rare_sword_01', damage: 20 }]);

  await inventory.handle(0, command('LockItem', trade));
  expect(await client.ask(internalRoutes.itemOf, asked)).toMatchObject({ ownerId: sellerId, locked: true });
  expect((await inventoryOf(sellerId)).items.map(({ id, locked }) => [id, locked])).toEqual([
    [itemId, true],
    [spare, false],
  ]);
  expect(await weaponsOf(sellerId, buyerId)).toEqual([{ playerId: sellerId, itemId: 'iron_sword', damage: 5 }]);

  await inventory.handle(0, command('TransferItem', trade));
  expect(await client.ask(internalRoutes.itemOf, asked)).toMatchObject({ ownerId: buyerId, locked: false });
  expect((await inventoryOf(sellerId)).items.map(({ id }) => id)).toEqual([spare]);
  expect((await inventoryOf(buyerId)).items.map(({ id }) => id)).toEqual([itemId]);
  expect(new Set(await weaponsOf(sellerId, buyerId))).toEqual(
    new Set([
      { playerId: sellerId, itemId: 'iron_sword', damage: 5 },
      { playerId: buyerId, itemId: 'rare_sword_01', damage: 20 },
    ]),
  );
});

test('the weapon is the best of many swords, for six players at once, each once', async () => {
  const players = Array.from({ length: 6 }, aPlayer);
  const kinds = ['iron_sword', 'steel_sword', 'rare_sword_01'] as const;
  for (const [index, playerId] of players.entries()) {
    const owned = Array.from({ length: 10 }, (_, n) => reward(playerId, anItem(), kinds[n % (1 + (index % 3))]));
    await inventory.handle(0, ...owned);
  }
  const weapons = new Map((await weaponsOf(...players)).map(({ playerId, itemId }) => [playerId, itemId]));
  expect(players.map((playerId) => weapons.get(playerId))).toEqual([...kinds, ...kinds]);
});

test('an item that does not exist is not found', async () => {
  await expect(client.ask(internalRoutes.itemOf, { params: { id: anItem() } })).rejects.toMatchObject({
    code: 'ITEM_NOT_FOUND',
  });
});

test('the house gets its items once, however often and by however many they are asked for, and can sell them', async () => {
  const [first, second] = [anItem(), anItem()];
  const items = [first, second].map((id) => ({ id, itemId: 'steel_sword' as const }));
  await Promise.all(
    [items, items.toReversed(), items].map((each) => client.ask(internalRoutes.stockHouse, { body: { items: each } })),
  );
  for (const id of [first, second]) {
    expect(await client.ask(internalRoutes.itemOf, { params: { id } })).toMatchObject({
      itemId: 'steel_sword',
      ownerId: systemAccounts.house,
    });
    expect(await inventory.historyOf(id)).toEqual([
      { owner_id: systemAccounts.house, from_id: null, cause: 'HOUSE', reference: null },
    ]);
  }
  const sale = aTrade({ itemId: first, sellerId: systemAccounts.house });
  await inventory.handle(0, command('LockItem', sale), command('TransferItem', sale));
  await client.ask(internalRoutes.stockHouse, { body: { items } });
  expect((await inventory.itemRow(first))?.owner_id).toBe(sale.buyerId);
  expect((await inventory.historyOf(first)).map(({ cause }) => cause)).toEqual(['HOUSE', 'TRADE']);
});
