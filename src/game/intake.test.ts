import { expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { PlayerAction } from '../contracts/events.ts';
import { ActionId, CorrelationId, MatchId, PlayerId } from '../contracts/ids.ts';
import type { Outcome } from '../contracts/outcomes.ts';
import { eventOf } from '../contracts/outcomes.ts';
import { ProcessLifecycle } from '../platform/lifecycle.ts';
import { envelope } from '../platform/outbox/outbox.ts';
import { Intake } from './intake.ts';

const turn = () => new Promise(setImmediate);
const refused: Outcome = { status: 409, error: 'MATCH_NOT_ACTIVE', detail: 'The match is over.' };

/** An intake whose Kafka confirms when told to. */
const open = (timeoutMs = 5000) => {
  const lifecycle = new ProcessLifecycle();
  const sent: { action: PlayerAction; confirm: () => void; lose: () => void }[] = [];
  const producer = {
    send: ([record]: { value: string }[]) =>
      new Promise<void>((resolve, reject) => {
        const action = JSON.parse(record?.value ?? '') as PlayerAction;
        sent.push({ action, confirm: resolve, lose: () => reject(new Error('not confirmed')) });
      }),
  };
  const parts = {
    matches: { assertMember: async () => undefined },
    hub: { watch: async () => undefined, unwatch: () => undefined },
  };
  const intake = new Intake({ producer, ...parts } as never, timeoutMs, lifecycle);
  const act = async () => {
    const intent = {
      matchId: MatchId.parse(randomUUID()),
      playerId: PlayerId.parse(randomUUID()),
      actionId: ActionId.parse(randomUUID()),
    };
    const answer = intake.act({
      ...intent,
      request: { type: 'defend', payload: {} },
      correlationId: CorrelationId.parse(randomUUID()),
    });
    answer.catch(() => undefined);
    await turn();
    const last = sent.at(-1);
    if (!last) throw new Error('nothing sent');
    return { ...last, answer };
  };
  const outcome = ({ payload, correlationId }: PlayerAction) => {
    intake.heard({ ...envelope(correlationId, null), ...eventOf(payload, refused, payload.fingerprint) });
  };
  return { intake, act, outcome, stop: () => lifecycle.stop() };
};

test('settled: all that Kafka has is handled; what it does not have yet, or what came later, is not waited for', async () => {
  const { intake, act, outcome, stop } = open();
  await intake.settled();
  const [one, two, unconfirmed, lost] = [await act(), await act(), await act(), await act()];
  one.confirm();
  two.confirm();
  lost.lose();
  await turn();
  let settled = false;
  const settling = intake.settled().then(() => (settled = true));
  const later = await act();
  later.confirm();
  outcome(one.action);
  await turn();
  expect(settled).toBe(false);
  outcome(two.action);
  await settling;
  await expect(lost.answer).rejects.toMatchObject({ code: 'ACTION_PENDING' });
  for (const { action } of [unconfirmed, later]) outcome(action);
  await stop();
});

test('settled: nobody waits longer than for an answer', async () => {
  const { intake, act, stop } = open(50);
  const one = await act();
  one.confirm();
  await turn();
  await intake.settled();
  await expect(one.answer).rejects.toMatchObject({ code: 'ACTION_PENDING' });
  await stop();
});
