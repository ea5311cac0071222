import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import {
  board,
  expectToken,
  myToken,
  openArena,
  phone,
  playAsGuest,
  scrollable,
  tokens,
  walk,
  type Arena,
} from './arena.ts';

let arena: Arena;
beforeAll(async () => {
  arena = await openArena({ lobbySeconds: 12, matchSeconds: 300, hp: 60 });
}, 120_000);
afterAll(async () => {
  await arena.close();
}, 60_000);

const result = (page: Page) => page.getByRole('list', { name: 'Final scores' });

/** Two people in one lobby, until the board is up for both. */
async function start(one: Page, other: Page): Promise<void> {
  await Promise.all([playAsGuest(one), playAsGuest(other)]);
  await Promise.all([one, other].map((page) => board(page).waitFor()));
}

test('two players meet, fight to the end, see who won, and play again with one key', async () => {
  const [ada, bob] = await Promise.all([arena.visit(), arena.visit()]);
  // By keyboard alone, from the front page on.
  await ada.getByRole('button', { name: 'Play as a guest' }).waitFor();
  const way = ada.locator(':focus', { hasText: 'Play as a guest' });
  for (let tabs = 0; tabs < 12 && (await way.count()) === 0; tabs += 1) await ada.keyboard.press('Tab');
  await ada.keyboard.press('Enter');
  await ada.getByRole('heading', { name: 'Waiting for a rival' }).waitFor();
  await playAsGuest(bob);
  await ada.getByText('2 of 6 here').waitFor();
  await Promise.all([ada, bob].map((page) => board(page).waitFor()));

  await Promise.all([walk(ada, { x: 4, y: 4 }), walk(bob, { x: 5, y: 5 })]);
  await expect(tokens(bob)).resolves.toHaveLength(2);
  // A diagonal is in reach. Bob stands still.
  while ((await result(ada).count()) === 0) {
    await ada.keyboard.press('Space');
    await ada.waitForTimeout(200);
  }
  await ada.getByRole('heading', { name: 'You won' }).waitFor();
  await bob.getByRole('heading', { name: 'You fell' }).waitFor();
  await expect(result(bob).getByRole('listitem').count()).resolves.toBe(2);

  const ended = ada.url();
  await ada.waitForTimeout(1000);
  await ada.keyboard.press('Enter');
  await ada.waitForURL((url) => url.pathname.startsWith('/match/') && url.href !== ended);
  await ada.getByRole('heading', { name: 'Waiting for a rival' }).waitFor();

  await bob.getByRole('link', { name: 'All my matches' }).click();
  await bob.getByText('Fell', { exact: true }).click();
  await bob.getByRole('heading', { name: 'You fell' }).waitFor();
  // Nobody joins Ada this time; the next test begins when her lobby has closed.
  await ada.getByRole('heading', { name: 'Nobody else came' }).waitFor();
}, 150_000);

test('a lost connection is told, what was done meanwhile arrives once, and the match goes on', async () => {
  const [ada, bob] = await Promise.all([arena.visit(), arena.visit()]);
  await start(ada, bob);
  const web = arena.platform.of('web')[0];
  if (web === undefined) throw new Error('no page');
  const { x, y } = await myToken(ada);
  const after = { x: x === 0 ? 1 : x - 1, y };

  await web.process.stop();
  await ada.getByText('Connection lost').waitFor();
  await ada.keyboard.press(x === 0 ? 'ArrowRight' : 'ArrowLeft');
  await ada.getByText('The arena is slow to answer').waitFor();
  await web.process.start();
  await ada.getByText('Connection lost').waitFor({ state: 'detached' });
  await ada.getByText('The arena is slow to answer').waitFor({ state: 'detached' });

  await expectToken(ada, after);
  await expectToken(bob, after);

  // Opened anew, the page comes back to the same match.
  await ada.reload();
  await board(ada).waitFor();
  await expect(myToken(ada)).resolves.toMatchObject(after);
}, 120_000);

test('the link to a match of others says so, and seats nobody elsewhere', async () => {
  const [ada, bob, cat] = await Promise.all([arena.visit(), arena.visit(), arena.visit()]);
  await start(ada, bob);
  await cat.getByRole('link', { name: 'open an account' }).click();
  await cat.getByLabel('Name').fill(`cat_${Date.now().toString(36)}`);
  await cat.getByLabel('Password').fill('correct horse');
  await cat.getByRole('button', { name: 'Open account' }).click();
  await cat.getByText('Good to see you').waitFor();
  await cat.goto(ada.url());
  await cat.getByText('You have no seat in this match').waitFor();
  await cat.getByRole('link', { name: 'Matches' }).click();
  await cat.getByText('No matches yet').waitFor();
}, 120_000);

test('on a phone all of a match is on the screen, and thumbs play it', async () => {
  const [ada, bob] = await Promise.all([arena.visit(phone), arena.visit()]);
  await start(ada, bob);
  await expect(scrollable(ada)).resolves.toEqual({ across: 0, down: 0 });

  const before = await myToken(ada);
  const top = before.y === 0;
  const pad = ada.getByRole('group', { name: 'Move', exact: true });
  await pad.getByRole('button', { name: top ? 'Move south' : 'Move north' }).tap();
  await expectToken(ada, { x: before.x, y: top ? 1 : before.y - 1 });

  // The way back is a glowing tile.
  const box = await board(ada).boundingBox();
  if (box === null) throw new Error('no board');
  const tile = box.width / 10;
  await ada.touchscreen.tap(box.x + (before.x + 0.5) * tile, box.y + (before.y + 0.5) * tile);
  await expectToken(ada, { x: before.x, y: before.y });
}, 120_000);

test('no page reported an error but that it had lost its server', () => {
  const own = arena.complaints.filter(
    (text) => !/ERR_CONNECTION_REFUSED|WebSocket connection to|503|ERR_EMPTY/.test(text),
  );
  expect(own).toEqual([]);
});
