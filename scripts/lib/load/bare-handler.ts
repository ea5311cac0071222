import { Redis } from 'ioredis';
import Koa from 'koa';

/** What a leaderboard read can't be faster than: Koa, one answer of Redis passed on, and nothing else. */
const redis = new Redis(Number(process.env['REDIS_PORT']), '127.0.0.1');
const app = new Koa();
app.use(async (context) => {
  context.type = 'json';
  context.body = await redis.get('leaderboard:top100');
});
app.listen(Number(process.env['HTTP_PORT']), '127.0.0.1');
