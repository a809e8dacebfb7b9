import { Type } from '@sinclair/typebox';

const segment = '[a-zA-Z0-9_-]+';

/** The name of a kind of event: words separated by dots, `order.paid`. */
export const EventType = Type.String({
  pattern: `^${segment}(\\.${segment})*$`,
  maxLength: 128,
  examples: ['order.paid'],
});

/** What a subscription asks for: a type, all below a prefix (`order.*`), or all (`*`). */
export const EventPattern = Type.String({
  pattern: `^(\\*|${segment}(\\.${segment})*(\\.\\*)?)$`,
  maxLength: 130,
  examples: ['order.*'],
});

/** Every pattern that `type` fits, so that matching is one array overlap. */
export function patternsOf(type: string): string[] {
  const words = type.split('.');
  const prefixes = words.slice(1).map((_, index) => `${words.slice(0, index + 1).join('.')}.*`);
  return ['*', type, ...prefixes];
}
