import type { Access } from '@trellis/http/access';
import type { App } from '@trellis/http/types';
import type { RouteOptions } from 'fastify';

/**
 * Refuses a route that does not say who may call it, or changes something and does not say what
 * it audits. Collects the permissions that the routes ask for.
 */
export function requireAccess(app: App, permissions: Set<string>): void {
  app.addHook('onRoute', (route) => {
    const { access, audit } = route.config ?? {};
    if (!access) throw new Error(`${nameOf(route)} declares no access.`);
    if (changesSomething(route) && audit === undefined) {
      throw new Error(`${nameOf(route)} declares no audit; write \`audit: false\` for none.`);
    }
    addPermission(permissions, access);
  });
}

function nameOf(route: RouteOptions): string {
  return `Route ${String(route.method)} ${route.url}`;
}

function changesSomething(route: RouteOptions): boolean {
  return [route.method].flat().some((method) => method !== 'GET' && method !== 'HEAD');
}

function addPermission(permissions: Set<string>, access: Access): void {
  if (access.kind === 'permission') permissions.add(access.permission);
}
