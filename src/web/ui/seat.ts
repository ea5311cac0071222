/** The piece that stands for a player outside of matches: always the same one of the six. */
export const seatOf = (playerId: string): number => parseInt(playerId.slice(0, 4), 16) % 6;
