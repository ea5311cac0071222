import { z } from 'zod';
import { Happening } from './events.ts';
import { MatchView } from './match.ts';

/** GET /matches/:id/replay: how the match ended, and all that happened in its order, the start first. */
export const MatchReplay = z.object({ match: MatchView, events: z.array(Happening) });
export type MatchReplay = z.infer<typeof MatchReplay>;
