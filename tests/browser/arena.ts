import { AxeBuilder } from '@axe-core/playwright';
import { expect } from '@jest/globals';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { z } from 'zod';
import { locateChromium, need } from '../../scripts/lib/locate.ts';
import type { Platform } from '../../scripts/lib/platform.ts';
import type { Direction, Position } from '../../src/contracts/match.ts';
import { defaultRules } from '../../src/rules/index.ts';
import { startTestPlatform } from '../platform.ts';

export const wide: BrowserContextOptions = { viewport: { width: 1280, height: 800 } };
export const phone: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** The platform with its page, and a browser with as many people in it as a test needs. */
export interface Arena {
  platform: Platform;
  /** A browser context of one's own, at the front page. */
  visit: (options?: BrowserContextOptions) => Promise<Page>;
  /** Everything that any page reported as an error, and each exception. */
  complaints: string[];
  close: () => Promise<void>;
}

export async function openArena(rules: Record<string, number>): Promise<Arena> {
  const platform = await startTestPlatform({ web: true, replicas: { game: 1, combat: 1, gateway: 1 }, rules });
  const url = platform.webUrl ?? '';
  const browser: Browser = await chromium.launch({
    executablePath: need(locateChromium(), 'Chromium'),
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'].concat([
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ]),
  });
  const complaints: string[] = [];
  return {
    platform,
    complaints,
    visit: async (options = wide) => {
      const context = await browser.newContext({ baseURL: url, ...options });
      context.setDefaultTimeout(30_000);
      const page = await context.newPage();
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      page.on('pageerror', (error) => complaints.push(error.message));
      await page.goto('/');
      return page;
    },
    close: async () => {
      await browser.close();
      await platform.stop();
    },
  };
}

/** From the front page into a lobby, with one click. */
export async function playAsGuest(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Play as a guest' }).click();
  await page.waitForURL(/\/match\//);
}

export const board = (page: Page) => page.getByTestId('board');

const Token = z.object({ x: z.number(), y: z.number(), mine: z.boolean() });
type Token = z.infer<typeof Token>;

/** Code for the page as text: these files are compiled for Node, which has no document. */
const readTokens = `[...document.querySelectorAll('[data-testid=board] [data-token]')].map((token) => ({
  x: Number(token.style.getPropertyValue('--x')),
  y: Number(token.style.getPropertyValue('--y')),
  mine: 'mine' in token.dataset,
}))`;

/** The players that stand on the board, as it shows them. */
export const tokens = async (page: Page): Promise<Token[]> => z.array(Token).parse(await page.evaluate(readTokens));

/** How far a page could be scrolled, in px. */
export const scrollable = (page: Page): Promise<unknown> =>
  page.evaluate(`(({ scrollWidth, scrollHeight, clientWidth, clientHeight }) => ({
    across: Math.max(scrollWidth - clientWidth, 0),
    down: Math.max(scrollHeight - clientHeight, 0),
  }))(document.documentElement)`);

export async function myToken(page: Page): Promise<Token> {
  const mine = (await tokens(page)).find((token) => token.mine);
  if (mine === undefined) throw new Error('not on the board');
  return mine;
}

const keys: Record<Direction, string> = {
  north: 'ArrowUp',
  south: 'ArrowDown',
  east: 'ArrowRight',
  west: 'ArrowLeft',
};
const steps: Record<Direction, Position> = {
  north: { x: 0, y: -1 },
  south: { x: 0, y: 1 },
  east: { x: 1, y: 0 },
  west: { x: -1, y: 0 },
};

/** The first step of a shortest way over the empty map; null on the spot. */
export function stepTowards(from: Position, to: Position): Direction | null {
  const name = ({ x, y }: Position) => `${x},${y}`;
  const seen = new Set([name(from), ...defaultRules.map.walls.map(name)]);
  let edge: { at: Position; first: Direction | null }[] = [{ at: from, first: null }];
  while (edge.length > 0) {
    const here = edge.find(({ at }) => name(at) === name(to));
    if (here !== undefined) return here.first;
    edge = edge.flatMap(({ at, first }) =>
      (Object.keys(steps) as Direction[]).flatMap((direction) => {
        const next = { x: at.x + steps[direction].x, y: at.y + steps[direction].y };
        const off = next.x < 0 || next.y < 0 || next.x > 9 || next.y > 9;
        if (off || seen.has(name(next))) return [];
        seen.add(name(next));
        return [{ at: next, first: first ?? direction }];
      }),
    );
  }
  throw new Error(`no way to ${name(to)}`);
}

/** Walks by the arrow keys, as far as rivals let it. */
export async function walk(page: Page, to: Position): Promise<void> {
  for (let steps = 0; steps < 60; steps += 1) {
    const direction = stepTowards(await myToken(page), to);
    if (direction === null) return;
    await page.keyboard.press(keys[direction]);
    await page.waitForTimeout(120);
  }
}

/** Waits until a piece stands there, by the server's word and not as intent. */
export async function expectToken(page: Page, at: Position): Promise<void> {
  const settled = board(page).locator(`[data-token]:not([data-intent])[style*="--x: ${at.x}; --y: ${at.y}"]`);
  await settled.waitFor({ timeout: 10_000 });
}

/** Nothing that axe finds wrong, and nothing beyond the sides of the screen. */
export async function expectAccessible(page: Page): Promise<void> {
  await expect(scrollable(page)).resolves.toMatchObject({ across: 0 });
  const { violations } = await new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
  expect({ page: page.url(), found }).toEqual({ page: page.url(), found: [] });
}
