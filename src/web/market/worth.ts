/** What a sword means to who owns one of `best` damage; 0 for who owns none. */
export function worthTo(best: number, damage: number): { text: string; better: boolean } {
  if (best === 0) return { text: `+${damage} with each blow, your first sword`, better: true };
  if (damage > best) return { text: `+${damage - best} over yours`, better: true };
  return damage === best
    ? { text: 'As strong as yours', better: false }
    : { text: `${best - damage} below yours`, better: false };
}

/** Why an offer can't be bought; null when it can. `free` is what may be spent, null while it is not known. */
export function whyNot(
  { price, status, mine }: { price: number; status: string; mine: boolean },
  free: number | null,
): string | null {
  if (mine) return 'This is your own offer.';
  if (status !== 'ACTIVE') return 'Somebody is buying it right now.';
  if (free === null) return 'Looking into your wallet …';
  return price > free ? `You need ${(price - free).toLocaleString('en')} more.` : null;
}
