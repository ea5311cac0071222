import { z } from 'zod';

// The page's security policy forbids code from strings. Imported before any schema is made, this keeps zod from trying.
z.config({ jitless: true });
