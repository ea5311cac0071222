import type { ActionId, PlayerId } from '../contracts/ids.ts';
import type { ActionRefusal } from '../contracts/errors.ts';
import type { ActionResult, Direction } from '../contracts/match.ts';
import type { Happening } from '../contracts/events.ts';
import { eliminate, endIfDecided } from './finish.ts';
import { drawInteger } from './random.ts';
import { ticksOf } from './rules.ts';
import { memberOf, nextSeq, resourceNodes, type MatchSetup, type MatchState, type Member } from './state.ts';
import { destination, isInReach, isWalledDiagonal, sameTile } from './tiles.ts';

/** What a player asks for; `at` is in ms since the match's start, by the clock of the intake. */
export type Action = { playerId: PlayerId; actionId: ActionId; sealed: boolean; at: number } & (
  | { type: 'move'; direction: Direction }
  | { type: 'attack'; targetId: PlayerId }
  | { type: 'defend' }
  | { type: 'collect' }
);

export interface Refusal {
  outcome: 'rejected';
  code: ActionRefusal | 'NOT_IN_MATCH';
  /** For people. */
  detail: string;
  /** With COOLDOWN: how long until the action is possible. */
  retryAfterMs?: number;
}
export const refuse = (code: Refusal['code'], detail: string): Refusal => ({ outcome: 'rejected', code, detail });

/** One action on its way: `state` and `me` are copies to be changed, `events` is what happened so far. */
export interface Turn {
  setup: MatchSetup;
  state: MatchState;
  me: Member;
  action: Action;
  events: Happening[];
}

/** What an allowed action does. It is only called when nothing else speaks against it. */
export type Effect = () => ActionResult;

/** Says what an action would do, or which rule of the board it breaks; changes nothing. */
export function judge(turn: Turn): Effect | Refusal {
  const { action } = turn;
  switch (action.type) {
    case 'move':
      return move(turn, action.direction);
    case 'attack':
      return attack(turn, action.targetId);
    case 'defend':
      return () => defend(turn);
    case 'collect':
      return collect(turn);
  }
}

/** What all events of an action say. */
function byAction({ setup, state, action }: Turn) {
  const { playerId, actionId, sealed } = action;
  return { matchId: setup.matchId, seq: nextSeq(state), tick: state.tick, actionId, playerId, sealed };
}

function move(turn: Turn, direction: Direction): Effect | Refusal {
  const { setup, state, me, action, events } = turn;
  const { rules } = setup;
  const from = { x: me.state.x, y: me.state.y };
  const to = destination(rules.map, state.players, from, direction, action.sealed ? rules.sealedMoveTiles : 1);
  if (to === null) return refuse('BLOCKED', `The way ${direction} is blocked by a wall, the edge or a player`);
  return () => {
    Object.assign(me.state, to);
    events.push({ type: 'PlayerMoved', payload: { ...byAction(turn), from, to } });
    return { type: 'move', from, to };
  };
}

function attack(turn: Turn, targetId: PlayerId): Effect | Refusal {
  const { setup, state, me } = turn;
  if (targetId === me.player.playerId) return refuse('INVALID_TARGET', 'A player cannot attack itself');
  const target = memberOf(setup, state, targetId);
  if (target === null) return refuse('INVALID_TARGET', 'The target is not in this match');
  if (target.state.hp === 0) return refuse('TARGET_DEAD', 'The target is out of the match');
  if (!isInReach(me.state, target.state))
    return refuse('TARGET_OUT_OF_RANGE', 'The target is not on a tile next to you');
  if (isWalledDiagonal(setup.rules.map, me.state, target.state)) {
    return refuse('BLOCKED', 'Walls on both sides of the diagonal are in the way');
  }
  return () => hit(turn, target);
}

/** Damage of the blow, then what the shield takes of it, then what hp there is to lose. */
function hit(turn: Turn, target: Member): ActionResult {
  const { setup, state, me, action, events } = turn;
  const { rules } = setup;
  const common = byAction(turn);
  const critical = drawInteger(setup.seed, common.seq, 'critical', 0, 99) < rules.criticalPercent;
  const weapon = Math.min(me.player.weapon?.damage ?? 0, rules.maxWeaponDamage);
  const blow = (rules.attackDamage + weapon) * (critical ? rules.criticalFactor : 1);

  const shield = target.state.shieldUntilTick > state.tick ? target.state.shield : 0;
  const absorbed = action.sealed ? 0 : Math.min(shield, blow);
  const damage = Math.min(target.state.hp, blow - absorbed);
  target.state.shield = shield - absorbed;
  target.state.hp -= damage;
  me.state.score += damage * rules.score.damage;

  const targetId = target.player.playerId;
  const done = { targetId, damage, absorbed, critical, targetHp: target.state.hp };
  events.push({
    type: 'PlayerAttacked',
    payload: { ...common, ...done, targetShield: target.state.shield, score: me.state.score },
  });
  const eliminated = target.state.hp === 0;
  if (eliminated) {
    events.push(eliminate(setup, state, { killer: me, fallen: target, actionId: action.actionId }));
    events.push(...endIfDecided(setup, state));
  }
  return { type: 'attack', ...done, eliminated };
}

/** A new shield takes the place of what is left of an old one. */
function defend(turn: Turn): ActionResult {
  const { setup, state, me, action, events } = turn;
  const { rules } = setup;
  const shield = action.sealed ? rules.sealedShield : rules.shield;
  const untilTick = state.tick + ticksOf(rules, rules.shieldMs);
  me.state.shield = shield;
  me.state.shieldUntilTick = untilTick;
  events.push({ type: 'PlayerDefended', payload: { ...byAction(turn), shield, untilTick } });
  return { type: 'defend', shield, untilTick };
}

function collect(turn: Turn): Effect | Refusal {
  const { setup, state, me, action } = turn;
  const { rules } = setup;
  const at = { x: me.state.x, y: me.state.y };
  const isHere = (tile: typeof at) => sameTile(tile, at);

  const drop = state.drops.find(isHere);
  if (drop !== undefined) {
    return () => {
      state.drops = state.drops.filter((other) => other !== drop);
      return gain(turn, { at, kind: 'drop', amount: () => drop.amount, fullAtTick: 0 });
    };
  }
  if (!resourceNodes(setup).some(isHere)) return refuse('NOT_A_NODE', 'There is nothing to collect on this tile');
  if (state.emptied.some((node) => isHere(node) && node.fullAtTick > state.tick)) {
    return refuse('NODE_EMPTY', 'This node is empty and has yet to refill');
  }
  return () => {
    const fullAtTick = state.tick + ticksOf(rules, rules.nodeRefillMs);
    state.emptied = [...state.emptied.filter((node) => !isHere(node)), { ...at, fullAtTick }];
    const { collectMin, collectMax, sealedCollect } = rules;
    const amount = (seq: number) =>
      action.sealed ? sealedCollect : drawInteger(setup.seed, seq, 'collect', collectMin, collectMax);
    return gain(turn, { at, kind: 'node', amount, fullAtTick });
  };
}

interface Gain {
  at: { x: number; y: number };
  kind: 'node' | 'drop';
  amount: (seq: number) => number;
  fullAtTick: number;
}

function gain(turn: Turn, { at, kind, amount: amountOf, fullAtTick }: Gain): ActionResult {
  const { setup, me, events } = turn;
  const common = byAction(turn);
  const amount = amountOf(common.seq);
  me.state.resources += amount;
  me.state.score += setup.rules.score.collect;
  const { resources, score } = me.state;
  events.push({ type: 'ResourceCollected', payload: { ...common, at, kind, amount, resources, score, fullAtTick } });
  return { type: 'collect', at, amount, resources };
}
