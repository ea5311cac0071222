import { beforeAll, describe, expect, test } from '@jest/globals';
import { ActionId, MatchId, PlayerId } from '../../contracts/ids.ts';
import { MatchReplay } from '../../contracts/replay.ts';
import { createMatch, defaultRules, finish, matchMs, options, resolve, view } from '../../rules/index.ts';
import type { MatchSetup } from '../../rules/index.ts';
import { frameAt, jump, timelineOf } from './timeline.ts';
import type { Timeline } from './timeline.ts';

const uuid = (n: number) => `0b5f4f3e-52a4-4a6e-9d3e-${String(n).padStart(12, '0')}`;
const matchId = MatchId.parse(uuid(1));
const players = [10, 11, 12].map((n) => ({
  playerId: PlayerId.parse(uuid(n)),
  username: `player-${n}`,
  bot: false,
  weapon: null,
}));
const setup: MatchSetup = {
  matchId,
  seed: 'a seed for tests',
  startedAt: 0,
  rules: { ...defaultRules, hp: 20 },
  players,
};

/** A match played by the rules engine: everybody goes to the middle and hits who is there. */
function played(): { replay: MatchReplay; last: ReturnType<typeof view> } {
  let { state, events } = createMatch(setup);
  for (let step = 1; step < 400 && state.ended === null; step += 1) {
    const playerId = players[step % players.length]?.playerId ?? PlayerId.parse(uuid(10));
    const board = view(setup, state);
    const me = board.players.find((player) => player.playerId === playerId);
    const may = options(board, playerId, step * 3);
    const [targetId] = may.targets;
    const direction =
      me !== undefined && me.x !== 4 ? (me.x < 4 ? 'east' : 'west') : (me?.y ?? 0) < 4 ? 'south' : 'north';
    const common = { playerId, actionId: ActionId.parse(uuid(1000 + step)), sealed: false, at: step * 300 };
    const resolution = resolve(
      setup,
      state,
      targetId !== undefined ? { ...common, type: 'attack', targetId } : { ...common, type: 'move', direction },
    );
    if (resolution.outcome === 'rejected') continue;
    state = resolution.state;
    events = [...events, ...resolution.events];
  }
  if (state.ended === null) {
    const end = finish(setup, state, matchMs(setup.rules));
    state = end.state;
    events = [...events, ...end.events];
  }
  const board = view(setup, state);
  const replay = MatchReplay.parse({
    match: {
      matchId,
      status: 'FINISHED',
      seq: state.seq,
      gridSize: 10,
      players,
      minPlayers: 2,
      maxPlayers: 6,
      serverTime: new Date(0).toISOString(),
      lobbyEndsAt: null,
      startedAt: new Date(0).toISOString(),
      endsAt: new Date(300_000).toISOString(),
      finishedAt: new Date(300_000).toISOString(),
      board,
      result: null,
      seed: 'a seed for tests',
    },
    events,
  });
  return { replay, last: board };
}

describe('the timeline of a replay', () => {
  let timeline: Timeline;
  let replay: MatchReplay;
  let last: ReturnType<typeof view>;
  beforeAll(() => {
    ({ replay, last } = played());
    timeline = timelineOf(replay);
  });

  test('has a frame for each happening, none of them missed', () => {
    expect(timeline.frames).toHaveLength(replay.events.length);
    expect(timeline.frames.every(({ model }) => !model.behind)).toBe(true);
  });

  test('ends as the match ended', () => {
    const { match } = timeline.frames.at(-1)?.model ?? { match: null };
    const essence = (board: typeof last | null | undefined) =>
      board?.players.map(({ playerId, x, y, hp, score, alive }) => ({ playerId, x, y, hp, score, alive }));
    expect(essence(match?.board)).toEqual(essence(last));
    expect(match?.status).toBe('FINISHED');
  });

  test('finds the frame of any moment', () => {
    expect(frameAt(timeline, 0)?.model.match?.status).toBe('RUNNING');
    expect(frameAt(timeline, timeline.endTick)).toBe(timeline.frames.at(-1));
    for (let tick = 0; tick <= timeline.endTick; tick += 1) {
      const expected = timeline.frames.findLast((frame) => frame.tick <= tick);
      expect(frameAt(timeline, tick)).toBe(expected);
    }
  });

  test('jumps to a moment before each fall, forth and back', () => {
    expect(timeline.falls.length).toBeGreaterThan(0);
    const there: number[] = [];
    for (let at = jump(timeline, -1, false); at !== null; at = jump(timeline, at, false)) there.push(at);
    expect(there).toEqual([...new Set(timeline.falls.map(({ tick }) => Math.max(tick - 10, 0)))]);
    expect(jump(timeline, timeline.endTick + 100, true)).toBe(there.at(-1));
    expect(jump(timeline, 0, true)).toBeNull();
  });
});
