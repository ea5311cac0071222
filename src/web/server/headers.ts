import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** Scripts run from our own files or with the nonce of this response; nothing is loaded from or sent to anywhere else. */
function contentSecurityPolicy(nonce: string, development: boolean): string {
  const script = ["'self'", `'nonce-${nonce}'`, ...(development ? ["'unsafe-eval'"] : [])].join(' ');
  return [
    "default-src 'self'",
    `script-src ${script}`,
    // React writes style attributes (a position on the board); there are no inline scripts to go with them.
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/**
 * Sets the security headers of a page's response. Next takes the nonce for its own inline scripts from the policy in the
 * *request's* headers, so it is put there too, over whatever the client sent.
 */
export function secure(request: IncomingMessage, response: ServerResponse, development: boolean): void {
  const policy = contentSecurityPolicy(randomBytes(16).toString('base64'), development);
  request.headers['content-security-policy'] = policy;
  response.setHeader('Content-Security-Policy', policy);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'same-origin');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Permissions-Policy', 'camera=(), geolocation=(), microphone=(), payment=()');
}
