import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { board, expectToken, myToken, openArena, phone, playAsGuest, walk, type Arena } from './arena.ts';

let arena: Arena;
/** Ada plays and trades through all of these tests; Bob is who she meets. */
let ada: Page;
let bob: Page;
beforeAll(async () => {
  arena = await openArena({ lobbySeconds: 60, maxPlayers: 2, matchSeconds: 40 });
  [ada, bob] = await Promise.all([arena.visit(), arena.visit()]);
}, 180_000);
afterAll(async () => {
  await arena.close();
}, 60_000);

const reward = (page: Page) => page.getByRole('region', { name: 'Reward' });
const swords = (page: Page) => page.getByRole('list', { name: 'Items' }).getByRole('listitem');

/** What the header says that a player has. */
async function coins(page: Page): Promise<number> {
  const text = await page
    .getByRole('banner')
    .getByRole('link', { name: /^Wallet:/ })
    .innerText();
  return Number(/[\d,]+/.exec(text)?.[0].replaceAll(',', ''));
}
const waitForCoins = (page: Page, amount: number) =>
  page
    .getByRole('banner')
    .getByRole('link', { name: `Wallet: ${amount.toLocaleString('en')} coins` })
    .waitFor();

test('a new player registers, wins a match, and is sent the reward', async () => {
  await ada.getByRole('link', { name: 'open an account' }).click();
  await ada.getByLabel('Name').fill(`ada_${Date.now().toString(36)}`);
  await ada.getByLabel('Password').fill('correct horse');
  await ada.getByRole('button', { name: 'Open account' }).click();
  await ada.getByText('Good to see you').waitFor();
  await waitForCoins(ada, 0);

  await ada.getByRole('main').getByRole('link', { name: 'Play' }).click();
  await ada.waitForURL(/\/match\//);
  await playAsGuest(bob);
  await Promise.all([ada, bob].map((page) => board(page).waitFor()));
  // One parcel more than Bob has, who stands still.
  const { x } = await myToken(ada);
  while ((await ada.getByText(/^You collect/).count()) === 0) {
    await walk(ada, x === 0 ? { x: 4, y: 0 } : { x: 4, y: 9 });
    await ada.keyboard.press('Space');
    await ada.waitForTimeout(200);
  }

  await ada.getByRole('heading', { name: 'You won' }).waitFor({ timeout: 60_000 });
  await bob.getByRole('heading', { name: 'You survived' }).waitFor();
  await reward(ada).getByText('stamps to seal with').waitFor();
  await reward(ada).getByText('sword').waitFor();
  await reward(bob).getByText('stamp to seal with').waitFor();
  // 500 for the win, and what she carried.
  await ada
    .getByRole('banner')
    .getByRole('link', { name: /^Wallet: [56]\d\d coins 3 stamps/ })
    .waitFor();
  await waitForCoins(bob, 200);
}, 180_000);

test('every coin has its line in the ledger', async () => {
  const before = await coins(ada);
  await ada.getByRole('link', { name: /^Wallet:/ }).click();
  await ada.getByRole('row', { name: `Reward of a match +${before} coins` }).waitFor();
  await ada.getByLabel('Show').selectOption('Purchases');
  await ada.getByRole('heading', { name: 'No purchases' }).waitFor();
}, 60_000);

test('a sword is bought from the house, step by step, and is in the inventory', async () => {
  const before = await coins(ada);
  await ada.getByRole('link', { name: 'Inventory' }).click();
  await swords(ada).first().waitFor();
  await expect(swords(ada).count()).resolves.toBe(1);

  await ada.getByRole('link', { name: 'Market' }).click();
  await ada.getByLabel('Sword').selectOption({ index: 1 });
  await ada.getByLabel('Order').selectOption('Cheapest first');
  // By keyboard alone, to the end.
  await ada.getByRole('button', { name: 'Buy Iron sword for 150' }).first().press('Enter');
  const dialog = ada.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Buy it' }).press('Enter');
  await ada.getByRole('heading', { name: 'It is yours' }).waitFor();
  await dialog.getByRole('link', { name: 'Look at it' }).press('Enter');

  await ada.getByRole('heading', { name: 'Inventory' }).waitFor();
  await swords(ada).nth(1).waitFor();
  await expect(swords(ada).count()).resolves.toBe(2);
  await waitForCoins(ada, before - 150);
}, 90_000);

test('what one player sells another one buys, and both are told', async () => {
  const before = await coins(ada);
  await ada.getByRole('button', { name: 'Sell Iron sword' }).first().click();
  await ada.getByLabel('Price in coins').fill('nothing');
  await ada.keyboard.press('Enter');
  await ada.getByRole('alert').getByText('whole number').waitFor();
  await ada.getByLabel('Price in coins').fill('120');
  await ada.getByText('The house keeps 5 %: 114 coins for you.').waitFor();
  await ada.keyboard.press('Enter');
  await ada.getByText('For sale at').waitFor();

  await bob.getByRole('link', { name: 'To the market' }).click();
  await bob.getByRole('button', { name: 'Buy Iron sword for 120' }).click();
  // It is shown for some seconds only.
  const told = ada.getByRole('status', { name: 'News' }).getByText('Iron sword is sold').waitFor();
  await Promise.all([told, bob.getByRole('button', { name: 'Buy it' }).click()]);
  await bob.getByRole('heading', { name: 'It is yours' }).waitFor();
  await waitForCoins(bob, 80);
  await waitForCoins(ada, before + 114);
  await swords(ada).nth(1).waitFor({ state: 'detached' });
  await ada.getByRole('button', { name: /^Notifications, \d new/ }).click();
  await ada.getByRole('dialog', { name: 'Notifications' }).getByText('114 coins for you').waitFor();
  await ada.keyboard.press('Escape');
}, 90_000);

test('an offer can be taken back, and what is too dear says what is missing', async () => {
  await ada
    .getByRole('button', { name: /^Sell / })
    .first()
    .click();
  await ada.getByLabel('Price in coins').fill('999999');
  await ada.getByRole('button', { name: 'Put it on the market' }).click();
  await ada.getByText('For sale at').waitFor();

  await bob.goto('/market?sort=dearest');
  const buy = bob.getByRole('button', { name: /for 999,999/ });
  await buy.waitFor();
  await expect(buy.getAttribute('aria-disabled')).resolves.toBe('true');
  await bob.getByText('You need 999,919 more.').waitFor();

  await ada.goto('/market?view=offers');
  await ada.getByRole('button', { name: /^Take off the market/ }).click();
  await ada.getByText('Taken back').waitFor();
}, 90_000);

test('the leaderboard has both, and each its own place', async () => {
  await ada.getByRole('link', { name: 'Leaderboard' }).click();
  await ada.getByRole('table', { name: 'The places around yours' }).getByText('you').waitFor();
  await ada.getByRole('list', { name: 'The first three' }).getByRole('listitem').nth(1).waitFor();
}, 60_000);

test('the replay plays, jumps and ends as the match did, for whoever has the link', async () => {
  await ada.getByRole('link', { name: 'Matches' }).click();
  await ada
    .getByRole('link', { name: /^Replay of/ })
    .first()
    .click();
  await board(ada).waitFor();
  const moment = ada.getByRole('slider', { name: 'Moment' });
  await expect(moment.inputValue()).resolves.toBe('0');
  await ada.getByRole('button', { name: '4×' }).click();
  await ada.getByRole('button', { name: 'Play', exact: true }).click();
  await ada.locator('input[type=range]:not([aria-valuetext^="0:00"])').waitFor();
  await ada.keyboard.press('k');
  await ada.keyboard.press('End');
  await ada.getByText(/won after 0:40/).waitFor();

  const stranger = await arena.visit({ ...phone, reducedMotion: 'reduce' });
  await stranger.goto(new URL(ada.url()).pathname);
  await board(stranger).waitFor();
  await stranger.getByRole('button', { name: 'Play', exact: true }).tap();
  await stranger.getByRole('button', { name: 'Pause' }).waitFor();
}, 90_000);

test('a sealed move goes two tiles, costs one stamp, and both see it', async () => {
  await Promise.all([ada, bob].map((page) => page.goto('/play')));
  await Promise.all([ada, bob].map((page) => board(page).waitFor()));
  const { x, y } = await myToken(ada);
  const seal = ada.getByRole('button', { name: /^Seal/ });
  await seal.getByText('3 stamps').waitFor();
  await ada.keyboard.press('4');
  await expect(seal.getAttribute('aria-pressed')).resolves.toBe('true');
  await ada.keyboard.press(x === 0 ? 'ArrowRight' : 'ArrowLeft');
  const there = { x: x === 0 ? 2 : 7, y };
  await Promise.all([ada, bob].map((page) => expectToken(page, there)));
  await seal.getByText('2 stamps').waitFor();
  await bob.getByRole('region', { name: 'Dispatches' }).getByText('leaps two tiles').waitFor();
  await expect(seal.getAttribute('aria-pressed')).resolves.toBe('false');
}, 120_000);

test('a wallet that is away leaves the page as it was, says so, and comes back by itself', async () => {
  const wallet = arena.platform.of('wallet')[0];
  if (wallet === undefined) throw new Error('no wallet');
  await bob.goto('/wallet');
  await bob.getByRole('heading', { name: 'Coins' }).waitFor();
  await wallet.process.stop();
  await bob.getByLabel('Show').selectOption('Rewards');
  await bob.getByText('Could not fetch your ledger').waitFor();
  await wallet.process.start();
  await bob.getByText('Could not fetch your ledger').waitFor({ state: 'detached' });
  await bob
    .getByRole('row', { name: /Reward of a match/ })
    .first()
    .waitFor();
}, 120_000);

test('no page reported an error but that of the wallet which was away', () => {
  expect(arena.complaints.filter((text) => !/status of 503/.test(text))).toEqual([]);
});
