import type { App } from '@trellis/http/types';
import type {} from '../fastify.ts';
import { listPlansRoute } from './routes/list-plans.ts';

export default async function plansPlugin(app: App): Promise<void> {
  listPlansRoute(app, app.platform.db);
}
