import { type Static, Type } from '@sinclair/typebox';
import { Body, Id, Nullable, Timestamp } from '@trellis/http/schemas';
import { EventPattern } from '../events/event-type.ts';

const Url = Type.String({
  minLength: 1,
  maxLength: 2048,
  description: 'http or https, to a public address.',
  examples: ['https://example.com/hooks'],
});
const Events = Type.Array(EventPattern, {
  minItems: 1,
  maxItems: 100,
  uniqueItems: true,
  description: 'Exact types, `prefix.*`, or `*` for all.',
});
const Description = Type.String({ maxLength: 500, examples: ['Orders to the warehouse'] });
const IsActive = Type.Boolean({ description: 'Whether it gets events.', examples: [true] });
/** The name is a token (RFC 9110, 5.6.2); the value is text that no proxy changes. */
const Headers = Type.Record(
  Type.String({ pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$" }),
  Type.String({ maxLength: 1_024, pattern: '^[!-~]([ -~]*[!-~])?$' }),
  {
    additionalProperties: false,
    maxProperties: 20,
    description:
      'Sent with each delivery. Those whose name sounds like a credential are encrypted and shown as `[redacted]`; sent back like that, they keep their value, unless the URL gets another origin.',
    examples: [{ Authorization: 'Bearer 9f3c', 'X-Team': 'warehouse' }],
  },
);

export const CreateWebhookBody = Body({
  url: Url,
  events: Events,
  description: Type.Optional(Description),
  headers: Type.Optional(Headers),
  isActive: Type.Optional(IsActive),
});
export type CreateWebhookBody = Static<typeof CreateWebhookBody>;

export const UpdateWebhookBody = Type.Object(
  {
    url: Type.Optional(Url),
    events: Type.Optional(Events),
    description: Type.Optional(Description),
    headers: Type.Optional(Headers),
    isActive: Type.Optional(IsActive),
  },
  { additionalProperties: false, minProperties: 1 },
);
export type UpdateWebhookBody = Static<typeof UpdateWebhookBody>;

/** What people have set; the audit trail keeps it. */
export const WebhookSettings = Type.Object({
  id: Id,
  url: Url,
  events: Events,
  description: Description,
  headers: Type.Record(Type.String(), Type.String(), {
    examples: [{ Authorization: '[redacted]', 'X-Team': 'warehouse' }],
  }),
  isActive: IsActive,
  disabledReason: Nullable(
    Type.String({
      description: 'Why the platform disabled it.',
      examples: ['The endpoint answered 410 Gone.'],
    }),
  ),
  secretHint: Type.String({ examples: ['whsec_…Lw3s'] }),
  previousSecretsExpireAt: Type.Array(Timestamp, {
    description: 'When the secrets that were rotated away and still sign cease to do so.',
    examples: [['2026-02-01T12:00:00.000Z']],
  }),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type WebhookSettings = Static<typeof WebhookSettings>;

export const WebhookReply = Type.Composite([
  WebhookSettings,
  Type.Object({
    failingSince: Type.Union([Timestamp, Type.Null()], {
      description: 'When the first attempt since the last success failed.',
    }),
    circuit: Type.Union([Type.Literal('closed'), Type.Literal('open')], {
      description: '`open`: it failed so often that only a probe is sent now and then.',
      examples: ['closed'],
    }),
  }),
]);
export type WebhookReply = Static<typeof WebhookReply>;

const Secret = Type.String({
  description: 'Verifies the signatures. Shown in this answer only.',
  examples: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
});

/** A subscription with its new secret. */
export const WebhookWithSecretReply = Type.Composite([
  WebhookReply,
  Type.Object({ secret: Secret }),
]);
export type WebhookWithSecretReply = Static<typeof WebhookWithSecretReply>;

const overlapSecondsDefault = 86_400;

/** No body asks for the default. */
export const RotateSecretBody = Type.Unsafe<{ overlapSeconds: number } | null>({
  ...Body({
    overlapSeconds: Type.Integer({
      minimum: 0,
      maximum: 604_800,
      default: overlapSecondsDefault,
      description: 'For how long the secrets before sign too, at most; 0 ends them all at once.',
      examples: [3_600],
    }),
  }),
  type: ['object', 'null'],
});

/** Of a `RotateSecretBody`. */
export function overlapSecondsOf(body: Static<typeof RotateSecretBody>): number {
  return body?.overlapSeconds ?? overlapSecondsDefault;
}
