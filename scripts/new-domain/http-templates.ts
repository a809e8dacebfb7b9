import type { DomainNames } from './names.ts';

/** The files of a domain that only the API loads. */

export const plugin = (n: DomainNames) => `import type { App } from '@trellis/http/types';
import type {} from '../fastify.ts';
import { create${n.pascalSingular}Route } from './routes/create-${n.singular}.ts';
import { get${n.pascalSingular}Route } from './routes/get-${n.singular}.ts';
import { list${n.pascalPlural}Route } from './routes/list-${n.plural}.ts';
import { create${n.pascalPlural}Service } from './service.ts';

export default async function ${n.camelPlural}Plugin(app: App): Promise<void> {
  const service = create${n.pascalPlural}Service(app.platform);
  create${n.pascalSingular}Route(app, service);
  get${n.pascalSingular}Route(app, service);
  list${n.pascalPlural}Route(app, service);
}
`;

export const schemas = (n: DomainNames) => `import { type Static, Type } from '@sinclair/typebox';
import { Body, Id, Nullable, Timestamp } from '@trellis/http/schemas';

const Name = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: '\\\\S',
  examples: ['The first ${n.word}'],
});

export const Create${n.pascalSingular}Body = Body({ name: Name });
export type Create${n.pascalSingular}Body = Static<typeof Create${n.pascalSingular}Body>;

export const ${n.pascalSingular}Reply = Type.Object({
  id: Id,
  name: Name,
  processedAt: Nullable(Timestamp),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
export type ${n.pascalSingular}Reply = Static<typeof ${n.pascalSingular}Reply>;
`;

export const createRoute = (n: DomainNames) => `import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import type { App } from '@trellis/http/types';
import { Create${n.pascalSingular}Body, ${n.pascalSingular}Reply } from '../schemas.ts';
import type { ${n.pascalPlural}Service } from '../service.ts';

export function create${n.pascalSingular}Route(app: App, service: ${n.pascalPlural}Service): void {
  app.post(
    '/${n.plural}',
    {
      config: {
        access: access.permission('${n.plural}:write'),
        audit: '${n.singular.replaceAll('-', '_')}.created',
        idempotent: true,
      },
      schema: {
        summary: 'Create one of the ${n.words}',
        description: 'A job processes it in the background; \`processedAt\` says when it was done.',
        tags: ['${n.plural}'],
        body: Create${n.pascalSingular}Body,
        response: replies({ 201: ${n.pascalSingular}Reply }, 401, 403, 409),
      },
    },
    async (request, reply) => {
      const created = await service.create(callOf(request), request.body);
      return reply.code(201).header('location', \`/api/v1/${n.plural}/\${created.id}\`).send(created);
    },
  );
}
`;

export const getRoute = (n: DomainNames) => `import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { IdParams } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { ${n.pascalSingular}Reply } from '../schemas.ts';
import type { ${n.pascalPlural}Service } from '../service.ts';

export function get${n.pascalSingular}Route(app: App, service: ${n.pascalPlural}Service): void {
  app.get(
    '/${n.plural}/:id',
    {
      config: { access: access.permission('${n.plural}:read') },
      schema: {
        summary: 'Show one of the ${n.words}',
        description: 'One of another tenant is not found.',
        tags: ['${n.plural}'],
        params: IdParams,
        response: replies({ 200: ${n.pascalSingular}Reply }, 401, 403, 404),
      },
    },
    (request) => service.get(callOf(request), request.params.id),
  );
}
`;

export const listRoute = (n: DomainNames) => `import { access } from '@trellis/http/access';
import { callOf } from '@trellis/http/call-of';
import { replies } from '@trellis/http/reply-schemas';
import { PageOf, PageQuery } from '@trellis/http/schemas';
import type { App } from '@trellis/http/types';
import { ${n.pascalSingular}Reply } from '../schemas.ts';
import type { ${n.pascalPlural}Service } from '../service.ts';

export function list${n.pascalPlural}Route(app: App, service: ${n.pascalPlural}Service): void {
  app.get(
    '/${n.plural}',
    {
      config: { access: access.permission('${n.plural}:read') },
      schema: {
        summary: 'List the ${n.words}',
        description: 'The newest first.',
        tags: ['${n.plural}'],
        querystring: PageQuery,
        response: replies({ 200: PageOf(${n.pascalSingular}Reply) }, 401, 403),
      },
    },
    (request) => service.list(callOf(request), request.query),
  );
}
`;
