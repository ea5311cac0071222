import { randomInt } from 'node:crypto';

const words = (text: string): readonly string[] => text.split(' ');

const adjectives = words(
  'Agile Amber Bold Brave Bright Brisk Bronze Calm Clever Cobalt Copper Cosmic Crimson Daring Dusty Eager Fearless Fierce ' +
    'Frosty Gentle Golden Happy Hidden Honest Jolly Keen Kind Lively Lucky Lunar Merry Mighty Misty Nimble Noble Patient ' +
    'Polar Proud Quick Quiet Rapid Royal Rusty Shiny Silent Silver Sly Solar Spry Steady Stormy Sturdy Sunny Swift Tidy ' +
    'Valiant Velvet Vivid Wild Wily Windy Wise Witty Zesty',
);
const animals = words(
  'Badger Bear Beaver Bison Bobcat Camel Cobra Condor Cougar Coyote Crane Crow Dingo Dolphin Eagle Falcon Ferret Finch ' +
    'Fox Gecko Goose Hare Hawk Heron Hornet Ibex Jackal Jaguar Koala Lemur Leopard Lion Llama Lynx Magpie Marten Mole ' +
    'Moose Newt Ocelot Orca Osprey Otter Owl Panda Panther Parrot Penguin Puffin Puma Rabbit Raven Robin Seal Shark Sloth ' +
    'Stoat Stork Swan Tiger Turtle Viper Walrus Wolf',
);

const one = (of: readonly string[]): string => of[randomInt(of.length)] ?? '';

/** A name like `BraveOtter417`, one of four million. Whether it is free is for the store to say. */
export const guestName = (): string => `${one(adjectives)}${one(animals)}${randomInt(100, 1000)}`;
