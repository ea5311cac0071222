import { expect, test } from '@jest/globals';
import { defaultRules } from '../rules/index.ts';
import { lobbyOutcome } from './lobby.ts';

test.each([
  [0, false, 'open'],
  [1, false, 'open'],
  [5, false, 'open'],
  [6, false, 'start'],
  [0, true, 'cancel'],
  [1, true, 'cancel'],
  [2, true, 'start'],
  [6, true, 'start'],
] as const)('%i players, deadline passed: %s → %s', (players, overdue, outcome) => {
  expect(lobbyOutcome(defaultRules, players, overdue)).toBe(outcome);
});
