import type { App } from '@trellis/http/types';
import { getLinkPageRoutes } from './routes/get-link-page.ts';
import { getLinkScriptRoute } from './routes/get-link-script.ts';

/** At the root of the host, where the links lead. */
export const prefixOverride = '';

/** Also with `APP_URL`: links that were mailed before it was set go on working. */
export default async function linkPagesPlugin(app: App): Promise<void> {
  getLinkPageRoutes(app);
  getLinkScriptRoute(app);
}
