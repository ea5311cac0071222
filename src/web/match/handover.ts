/** The token of the match that was just joined, from the page that joined to the page that plays; used once. */
const tokens = new Map<string, string>();

export function leaveToken(matchId: string, wsToken: string): void {
  tokens.set(matchId, wsToken);
}

export function takeToken(matchId: string): string | null {
  const token = tokens.get(matchId) ?? null;
  tokens.delete(matchId);
  return token;
}
