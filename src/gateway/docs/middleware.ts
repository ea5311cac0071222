import { createHash } from 'node:crypto';
import type { Middleware } from 'koa';
import type { OpenApiDocument } from './openapi.ts';
import { docsPage, style } from './page.ts';

/** Serves the OpenAPI document at /api/openapi.json, and the page to read it at /api/docs. */
export const serveDocs = (document: OpenApiDocument): Middleware => {
  const json = JSON.stringify(document);
  const page = docsPage(document);
  const styleHash = createHash('sha256').update(style).digest('base64');
  return (context, next) => {
    if (context.method !== 'GET' && context.method !== 'HEAD') return next();
    switch (context.path) {
      case '/api/openapi.json':
        context.type = 'application/json';
        context.body = json;
        break;
      case '/api/docs':
        context.set(
          'content-security-policy',
          `default-src 'none'; style-src 'sha256-${styleHash}'; frame-ancestors 'none'`,
        );
        context.type = 'text/html';
        context.body = page;
        break;
      default:
        return next();
    }
    context['_matchedRoute'] = context.path;
    context.set('cache-control', 'no-cache');
    return undefined;
  };
};
