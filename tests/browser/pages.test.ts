import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { until } from '../platform/table.ts';
import { publishPoison } from '../poison.ts';
import { board, expectAccessible, openArena, phone, playAsGuest, wide, type Arena } from './arena.ts';

let arena: Arena;
beforeAll(async () => {
  arena = await openArena({ lobbySeconds: 8, matchSeconds: 12 });
}, 120_000);
afterAll(async () => {
  await arena.close();
}, 60_000);

describe.each([
  { colorScheme: 'light', screen: 'wide', options: wide },
  { colorScheme: 'dark', screen: 'phone', options: phone },
] as const)('in $colorScheme colours on a $screen screen, axe finds nothing wrong with', ({ colorScheme, options }) => {
  let ada: Page;
  let replay: string;
  beforeAll(async () => {
    ada = await arena.visit({ ...options, colorScheme, reducedMotion: 'reduce' });
  });
  afterAll(() => ada.context().close());

  async function expectAllAccessible(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      await ada.goto(path);
      await ada.locator('h1').waitFor();
      // What the page fetches is there, or it says that there is none.
      await ada.getByText('Fetching').first().waitFor({ state: 'detached' });
      await expectAccessible(ada);
    }
  }

  test('the pages for who is not signed in', async () => {
    await ada.getByRole('button', { name: 'Play as a guest' }).waitFor();
    await expectAccessible(ada);
    await expectAllAccessible(['/sign-in', '/sign-in?new', '/nowhere', '/leaderboard', '/wallet', '/replay/nowhere']);
  }, 180_000);

  test('a match, from the lobby to the result and the reward', async () => {
    const bob = await arena.visit();
    await ada.goto('/');
    await Promise.all([playAsGuest(ada), playAsGuest(bob)]);
    await ada.getByText('of 6 here').waitFor();
    await expectAccessible(ada);
    await board(ada).waitFor();
    await bob.context().close();
    await expectAccessible(ada);
    await ada.getByRole('list', { name: 'Final scores' }).waitFor();
    await ada.getByRole('region', { name: 'Reward' }).getByText('coins').waitFor();
    await expectAccessible(ada);
    replay = (await ada.getByRole('link', { name: 'Watch the replay' }).getAttribute('href')) ?? '';
  }, 180_000);

  test('the pages of a player', async () => {
    await expectAllAccessible(['/', '/wallet', '/inventory', '/leaderboard', '/matches', '/account', replay]);
  }, 180_000);

  test('the market, and what opens over a page', async () => {
    await expectAllAccessible(['/market?view=offers', '/market?view=trades', '/market?sort=cheapest']);
    await ada.getByRole('button', { name: /^Buy / }).first().click();
    await ada.getByRole('dialog').waitFor();
    await expectAccessible(ada);
    await ada.keyboard.press('Escape');
    await ada.getByRole('button', { name: /^Notifications/ }).click();
    await ada.getByRole('dialog', { name: 'Notifications' }).waitFor();
    await expectAccessible(ada);
  }, 180_000);
});

describe.each([
  { colorScheme: 'dark', screen: 'wide', options: wide },
  { colorScheme: 'light', screen: 'phone', options: phone },
] as const)('in $colorScheme colours on a $screen screen, axe finds nothing wrong with', ({ colorScheme, options }) => {
  test('the console of the dead letters, from the sign-in to a decision', async () => {
    const { facts } = arena.platform.servers;
    const key = `of-${colorScheme}`;
    await publishPoison(facts.kafka, key);
    const baseURL = arena.platform.of('dlq')[0]?.url ?? '';
    const page = await arena.visit({ ...options, colorScheme, baseURL });
    await expectAccessible(page);
    await page.getByLabel('Name').fill('operator');
    await page.getByLabel('Password').fill(facts.secrets.operatorPassword);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('link', { name: 'Audit trail' }).waitFor();
    await until('a letter of each consumer', async () => {
      await page.goto(`/messages?key=${key}`);
      return (await page.getByRole('checkbox').count()) === 4 ? true : undefined;
    });
    await expectAccessible(page);
    await page.goto('/');
    await expectAccessible(page);
    await page.goto(`/messages?key=${key}`);
    await page
      .getByRole('link', { name: /^not an event/ })
      .first()
      .click();
    await page.getByRole('region', { name: 'Payload as it came' }).waitFor();
    await expectAccessible(page);
    await page.getByLabel('Reason').fill('nobody knows what it was');
    await page.getByRole('button', { name: 'Discard' }).click();
    await page.getByText('1 discarded').waitFor();
    await expectAccessible(page);
    await page.goto(`/decide?action=REPLAY&key=${key}`);
    await page.getByRole('button', { name: /^Replay/ }).waitFor();
    await expectAccessible(page);
    await page.goto('/audit');
    await page.getByText('nobody knows what it was').first().waitFor();
    await expectAccessible(page);
    await page.context().close();
  }, 120_000);
});

test('a guest becomes a registered player, keeps its matches, and can sign in elsewhere', async () => {
  const username = `ada_${Date.now().toString(36)}`;
  const page = await arena.visit();
  await playAsGuest(page);
  await page.getByRole('link', { name: 'Account' }).click();

  await page.getByLabel('Name').fill('no spaces!');
  await page.getByLabel('Password').fill('short');
  await page.getByRole('button', { name: 'Keep my player' }).click();
  await expect(page.getByLabel('Password').getAttribute('aria-invalid')).resolves.toBe('true');

  await page.getByLabel('Name').fill(username);
  await page.getByLabel('Password').fill('correct horse');
  await page.getByRole('button', { name: 'Keep my player' }).click();
  await page.getByText(`You are ${username} from now on`).waitFor();

  const elsewhere = await arena.visit();
  await elsewhere.getByRole('banner').getByRole('link', { name: 'Sign in' }).click();
  await elsewhere.getByLabel('Name').fill(username);
  await elsewhere.getByLabel('Password').fill('wrong horse');
  await elsewhere.getByRole('button', { name: 'Sign in' }).click();
  await elsewhere.getByRole('alert').filter({ hasText: 'do not match' }).waitFor();
  await elsewhere.getByLabel('Password').fill('correct horse');
  await elsewhere.getByRole('button', { name: 'Sign in' }).click();
  await elsewhere.getByText(`Good to see you, ${username}`).waitFor();
  await elsewhere.getByRole('link', { name: 'Matches' }).click();
  await elsewhere.getByRole('listitem').first().waitFor();
}, 90_000);

test('the theme and the mute that were chosen are still chosen after a reload', async () => {
  const page = await arena.visit({ ...wide, colorScheme: 'light' });
  await page.getByRole('button', { name: 'Dark colours' }).click();
  await page.getByRole('button', { name: 'Mute' }).click();
  await page.reload();
  const pressed = (name: string) => page.getByRole('button', { name, pressed: true }).waitFor();
  await Promise.all([pressed('Dark colours'), pressed('Mute')]);
  await expect(page.evaluate('getComputedStyle(document.body).colorScheme')).resolves.toBe('dark');
});

test('no page reported an error but the sign-in that was meant to fail and the address that is not there', () => {
  expect(arena.complaints.filter((text) => !/status of (401|404)/.test(text))).toEqual([]);
});
