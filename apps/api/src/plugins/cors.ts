import cors from '@fastify/cors';
import { parseList } from '@trellis/config/parse-list';
import type { App } from '@trellis/http/types';
import plugin from 'fastify-plugin';
import type { PluginOptions } from './platform.ts';

const exposedHeaders = [
  ...['etag', 'idempotency-replayed', 'location', 'retry-after', 'x-request-id'],
  ...['ratelimit', 'ratelimit-policy'],
  ...['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'],
];

/** Browsers may call from the listed origins only; none are listed by default. */
async function corsPlugin(app: App, { settings }: PluginOptions): Promise<void> {
  const origins = parseList(settings.CORS_ORIGINS);
  if (origins.length === 0) return;
  await app.register(cors, {
    origin: origins,
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    exposedHeaders,
    maxAge: 600,
    // Any OPTIONS gets an answer: what the plugin refuses leaves as plain text.
    strictPreflight: false,
  });
}

export default plugin(corsPlugin, { name: 'cors' });
