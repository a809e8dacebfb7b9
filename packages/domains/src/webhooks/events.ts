import { Type } from '@sinclair/typebox';
import { defineEvent } from '../events/define-event.ts';

const WebhookId = Type.String({ format: 'uuid' });

export const webhookDisabled = defineEvent({
  name: 'webhook.disabled',
  description:
    'The platform sends a subscription no more events: its endpoint is gone (410), or has done nothing but fail for days.',
  isReserved: true,
  data: Type.Object({
    id: WebhookId,
    url: Type.String(),
    reason: Type.String({ description: 'A sentence for people.' }),
    disabledAt: Type.String({ format: 'date-time' }),
  }),
});

export const webhookTest = defineEvent({
  name: 'webhook.test',
  description: 'Somebody tries out a subscription; it goes to that one alone.',
  isReserved: true,
  data: Type.Object({ webhookId: WebhookId, message: Type.String() }),
});
