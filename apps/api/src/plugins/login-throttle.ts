import { createLoginThrottle } from '@trellis/domains/auth/throttle/login-throttle';
import type { App } from '@trellis/http/types';
import plugin from 'fastify-plugin';
import type { PluginOptions } from './platform.ts';

/** One for the process: tries of one account take turns, whichever route they come by. */
async function loginThrottlePlugin(app: App, { settings }: PluginOptions): Promise<void> {
  app.decorate(
    'loginThrottle',
    createLoginThrottle(app.platform, {
      loginFailuresFree: settings.LOGIN_FAILURES_FREE,
      loginDelaySecondsMax: settings.LOGIN_DELAY_MAX_SECONDS,
    }),
  );
}

export default plugin(loginThrottlePlugin, { name: 'login-throttle', dependencies: ['platform'] });
