export const topSize = 100;

/** "The ten around me": so many each way, more on one side where the other ends. */
export const neighbours = 5;
export const windowSize = 2 * neighbours + 1;

/** Where the window around a place begins, in a list of so many; places count from 0. */
export const windowFrom = (place: number, length: number): number =>
  Math.max(0, Math.min(place - neighbours, length - windowSize));
