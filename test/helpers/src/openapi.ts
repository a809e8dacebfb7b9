import type { Api } from './api.ts';

/** One route of the OpenAPI document. */
export interface DocumentedRoute {
  method: string;
  /** With its parameters in braces, `/api/v1/webhooks/{id}`. */
  path: string;
  /** `GET /api/v1/webhooks/{id}` */
  key: string;
  parameters: string[];
  queryParameters: string[];
  /** The content types of the body; none when it takes no body. */
  bodyTypes: string[];
  /** Every status that it may answer with. */
  statuses: number[];
  /** Those of them for reasons that it shares with other routes; its document refers to them. */
  sharedStatuses: number[];
}

interface Operation {
  parameters?: { in: string; name: string }[];
  requestBody?: { content: Record<string, unknown> };
  responses: Record<string, object>;
}

/** Every route of `/docs/json`. */
export async function documentedRoutes(api: Pick<Api, 'request'>): Promise<DocumentedRoute[]> {
  const { body } = await api.request('GET', '//docs/json');
  const paths = Object.entries(body.paths as Record<string, Record<string, Operation>>);
  return paths.flatMap(([path, operations]) =>
    Object.entries(operations).map(([verb, { parameters = [], requestBody, responses }]) => {
      const method = verb.toUpperCase();
      return {
        method,
        path,
        key: `${method} ${path}`,
        parameters: namesIn(parameters, 'path'),
        queryParameters: namesIn(parameters, 'query'),
        bodyTypes: Object.keys(requestBody?.content ?? {}),
        statuses: Object.keys(responses).map(Number),
        sharedStatuses: Object.entries(responses)
          .filter(([, response]) => '$ref' in response)
          .map(([status]) => Number(status)),
      };
    }),
  );
}

function namesIn(parameters: { in: string; name: string }[], place: string): string[] {
  return parameters.filter((one) => one.in === place).map(({ name }) => name);
}

/** The path with its parameters filled in, as `Api.request` takes it. */
export function pathOf(
  { path }: Pick<DocumentedRoute, 'path'>,
  parameters: Record<string, string> = {},
): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = parameters[name];
    if (value === undefined) throw new Error(`${path} needs a value of {${name}}`);
    return value;
  });
  return `/${filled}`;
}
