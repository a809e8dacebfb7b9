import type { ApiSettings } from '@trellis/config/settings';
import type {} from '@trellis/domains/fastify';
import { openPlatform } from '@trellis/domains/platform';
import type { App } from '@trellis/http/types';
import plugin from 'fastify-plugin';

export interface PluginOptions {
  settings: ApiSettings;
}

/** What the domains build on. Its connections outlive the last request. */
async function platformPlugin(app: App, { settings }: PluginOptions): Promise<void> {
  const platform = openPlatform(settings, 'trellis-api', app.log);
  app.decorate('settings', settings);
  app.decorate('platform', platform);
  app.addHook('onClose', () => platform.close());
}

export default plugin(platformPlugin, { name: 'platform' });
