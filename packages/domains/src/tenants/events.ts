import { Type } from '@sinclair/typebox';
import { defineEvent } from '../events/define-event.ts';
import { Id, Timestamp } from '../events/schema-pieces.ts';

export const tenantUpdated = defineEvent({
  name: 'tenant.updated',
  description: 'The tenant was renamed, suspended or resumed.',
  data: Type.Object({
    id: Id,
    name: Type.String({ examples: ['Analytical Engines'] }),
    slug: Type.String({ examples: ['analytical-engines'] }),
    status: Type.Union([Type.Literal('active'), Type.Literal('suspended')], {
      examples: ['active'],
    }),
    planType: Type.String({ examples: ['free'] }),
    createdAt: Timestamp,
  }),
});
