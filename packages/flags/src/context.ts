import type { FlagContext } from './model.ts';

/** A condition; `nowMs` is Unix time. */
export type Test = (context: FlagContext, tenantId: string, nowMs: number) => boolean;

const fields: ReadonlySet<string> = new Set([
  ...['userId', 'sessionId', 'remoteAddress', 'environment', 'appName', 'currentTime'],
]);

/** A field of the context as text; the tenant is that of the credential, whatever the context says. */
export function fieldOf(context: FlagContext, name: string, tenantId: string): string | undefined {
  if (name === 'tenantId') return tenantId;
  const value = fields.has(name)
    ? context[name as 'userId']
    : context.properties && Object.hasOwn(context.properties, name)
      ? context.properties[name]
      : undefined;
  if (value === undefined || value === null) return undefined;
  return typeof value === 'string' ? value : String(value);
}

/** What keeps a caller where it is; undefined when the context does not have it. */
export function stickyIdOf(
  context: FlagContext,
  stickiness: string,
  tenantId: string,
): string | undefined {
  if (stickiness === 'random') return randomId();
  if (stickiness !== 'default') return fieldOf(context, stickiness, tenantId) || undefined;
  return context.userId || context.sessionId || randomId();
}

export const randomId = (): string => String(Math.floor(Math.random() * 0x7fffffff));
