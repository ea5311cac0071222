import { expect, test } from '@jest/globals';
import { engineVersion, replay } from './index.ts';
import { replayWith } from './engines.ts';

test('the engine that matches are played with now is known for replays', () => {
  expect(replayWith(engineVersion)).toBe(replay);
});

test('a match of an engine that is not known here is not played by another one', () => {
  expect(() => replayWith(engineVersion + 1)).toThrow(`knows no rules engine ${engineVersion + 1}`);
});
