import { loadConfig } from '../platform/config.ts';
import { runService, type Lifecycle } from '../platform/lifecycle.ts';
import { Api } from './api.ts';
import { botsEnv } from './config.ts';
import { fillLobbies } from './fill.ts';
import { demoPlayers } from './people.ts';

const start = async (lifecycle: Lifecycle): Promise<void> => {
  const config = loadConfig(botsEnv);
  const api = new Api(config.GATEWAY_URL, lifecycle.signal);
  if (config.BOT_PLAYERS > 0) fillLobbies(api, config.BOT_SECRET, config.BOT_PLAYERS, lifecycle);
  const people = demoPlayers(api, { players: config.DEMO_PLAYERS, random: Math.random, signal: lifecycle.signal });
  lifecycle.onStop('demo players', () => people);
};

void runService({ name: 'bots', start });
