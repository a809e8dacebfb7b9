import type { App } from '@trellis/http/types';
import type {} from '../fastify.ts';
import { getJwksRoute } from './routes/get-jwks.ts';

/** Beside the versioned API, where verifiers look for it (RFC 8615). */
export const prefixOverride = '';

export default async function signingKeysPlugin(app: App): Promise<void> {
  getJwksRoute(app, app.tokenKeys);
}
