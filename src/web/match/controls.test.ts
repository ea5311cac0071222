import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { PlayerId } from '../../contracts/ids.ts';
import type { LiveActionRequest } from '../../contracts/live.ts';
import type { BoardView, PlayerView } from '../../contracts/match.ts';
import type { Outcome } from './connection.ts';
import { createControls } from './controls.ts';

const me: PlayerView = {
  playerId: PlayerId.parse('0b5f4f3e-52a4-4a6e-9d3e-00000000000a'),
  username: 'ada',
  bot: false,
  seat: 0,
  x: 4,
  y: 4,
  hp: 100,
  score: 0,
  resources: 0,
  shield: 0,
  shieldUntilTick: 0,
  alive: true,
  weapon: null,
  readyAtTick: { move: 0, attack: 0, defend: 0, collect: 0 },
};
const board: BoardView = {
  tick: 0,
  tickMs: 100,
  gridSize: 10,
  maxHp: 100,
  sealedMoveTiles: 2,
  cooldownMs: { move: 200, attack: 500, defend: 3000, collect: 500 },
  walls: [{ x: 3, y: 4 }],
  nodes: [],
  players: [me],
};

/** Controls over a server that is played by hand: each action waits in `sent` until it is answered. */
function setup() {
  const sent: { request: LiveActionRequest; answer: (outcome: Outcome) => void }[] = [];
  let seq = 1;
  const controls = createControls({
    act: (request) => new Promise((answer) => sent.push({ request, answer })),
    look: () => ({ board, me, tick: 0, seq }),
    now: Date.now,
  });
  return {
    controls,
    sent,
    directions: () => sent.map(({ request }) => (request.type === 'move' ? request.payload.direction : request.type)),
    /** The server's answer, and the board after it. */
    take: async (index: number) => {
      const one = sent[index];
      if (one === undefined) throw new Error(`no action ${index}`);
      const { actionId, type } = one.request;
      const result = { type: 'move' as const, from: me, to: me };
      one.answer({ took: true, answer: { actionId, type, seq: seq + 1, tick: 0, result, sealed: false } });
      await jest.advanceTimersByTimeAsync(0);
      seq += 1;
      controls.caughtUp();
    },
    refuse: async (index: number, outcome: Extract<Outcome, { took: false }>) => {
      sent[index]?.answer(outcome);
      await jest.advanceTimersByTimeAsync(0);
    },
  };
}

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

describe('pace', () => {
  test('a wish goes out at once and shows as intent until the board has it', async () => {
    const { controls, directions, take } = setup();
    controls.want({ type: 'move', direction: 'north' });
    expect(directions()).toEqual(['north']);
    expect(controls.hands()).toMatchObject({ intent: { x: 4, y: 3 } });
    await take(0);
    expect(controls.hands()).toMatchObject({ intent: null, sending: null });
  });

  test('one early input is kept, the latest, and sent when the pace allows', async () => {
    const { controls, directions, take } = setup();
    controls.want({ type: 'move', direction: 'north' });
    await take(0);
    controls.want({ type: 'move', direction: 'east' });
    controls.want({ type: 'move', direction: 'south' });
    expect(directions()).toEqual(['north']);
    await jest.advanceTimersByTimeAsync(250);
    expect(directions()).toEqual(['north', 'south']);
  });

  test('the next action waits for the answer to the one before', async () => {
    const { controls, directions, take } = setup();
    controls.want({ type: 'move', direction: 'north' });
    controls.want({ type: 'defend' });
    await jest.advanceTimersByTimeAsync(1000);
    expect(directions()).toEqual(['north']);
    await take(0);
    expect(directions()).toEqual(['north', 'defend']);
  });

  test('an input that is far too early is declined and says for how long', async () => {
    const { controls, sent, take } = setup();
    controls.want({ type: 'defend' });
    await take(0);
    controls.want({ type: 'defend' });
    await jest.advanceTimersByTimeAsync(5000);
    expect(sent).toHaveLength(1);
    expect(controls.hands().notice?.text).toBe('Shield again in 4 s');
  });

  test('what the board does not allow is not sent', () => {
    const { controls, sent } = setup();
    controls.want({ type: 'move', direction: 'west' });
    expect(sent).toHaveLength(0);
    expect(controls.hands().notice?.text).toBe('No way through');
  });
});

describe('refusals', () => {
  test('told to wait, it waits and tries again under a new id', async () => {
    const { controls, sent, refuse } = setup();
    controls.want({ type: 'move', direction: 'north' });
    await refuse(0, { took: false, code: 'COOLDOWN', retryAfterMs: 90 });
    expect(sent).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(120);
    expect(sent).toHaveLength(2);
    expect(sent[1]?.request.actionId).not.toBe(sent[0]?.request.actionId);
  });

  test('a refused move takes its intent and its pace back, and says why', async () => {
    const { controls, refuse, directions } = setup();
    controls.want({ type: 'move', direction: 'north' });
    await refuse(0, { took: false, code: 'BLOCKED', retryAfterMs: undefined });
    expect(controls.hands()).toMatchObject({ intent: null, notice: { text: 'Something is in the way.' } });
    controls.want({ type: 'move', direction: 'south' });
    expect(directions()).toEqual(['north', 'south']);
  });
});

describe('a seal', () => {
  test('goes with the next action, once, and doubles its move', async () => {
    const { controls, sent, take } = setup();
    controls.toggleSeal(3);
    controls.want({ type: 'move', direction: 'north' });
    expect(sent[0]?.request).toMatchObject({ useStamp: true });
    expect(controls.hands()).toMatchObject({ intent: { x: 4, y: 2 }, sealing: false });
    await take(0);
    controls.want({ type: 'defend' });
    expect(sent[1]?.request).not.toHaveProperty('useStamp');
  });

  test('is taken back when it is pressed again', () => {
    const { controls, sent } = setup();
    controls.toggleSeal(3);
    controls.toggleSeal(3);
    controls.want({ type: 'defend' });
    expect(sent[0]?.request).not.toHaveProperty('useStamp');
  });

  test('without a stamp says so', () => {
    const { controls } = setup();
    controls.toggleSeal(0);
    expect(controls.hands()).toMatchObject({ sealing: false, notice: { text: 'No stamp left to seal with' } });
  });

  test('that was refused is kept for the next try, unless there is no stamp', async () => {
    const { controls, refuse } = setup();
    controls.toggleSeal(1);
    controls.want({ type: 'move', direction: 'north' });
    await refuse(0, { took: false, code: 'BLOCKED', retryAfterMs: undefined });
    expect(controls.hands().sealing).toBe(true);
    controls.want({ type: 'move', direction: 'south' });
    await refuse(1, { took: false, code: 'INSUFFICIENT_STAMPS', retryAfterMs: undefined });
    expect(controls.hands()).toMatchObject({ sealing: false, notice: { text: 'You have no stamp to seal it with.' } });
  });

  test('needs both tiles of a leap', () => {
    const { controls, sent } = setup();
    board.walls.push({ x: 4, y: 2 });
    controls.toggleSeal(1);
    controls.want({ type: 'move', direction: 'north' });
    board.walls.pop();
    expect(sent).toHaveLength(0);
    expect(controls.hands().notice?.text).toBe('No room to leap 2 tiles');
  });
});
