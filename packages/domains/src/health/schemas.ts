import { type Static, Type } from '@sinclair/typebox';

const State = Type.Union(
  [
    Type.Literal('healthy'),
    Type.Literal('degraded'),
    Type.Literal('unhealthy'),
    Type.Literal('not_configured'),
  ],
  { examples: ['healthy'] },
);

/** State for everybody; the rest for platform administrators. */
export const Component = Type.Object({
  status: State,
  latencyMs: Type.Optional(Type.Number({ examples: [0.8] })),
  detail: Type.Optional(Type.Unknown()),
});
export type Component = Static<typeof Component>;

export const Health = Type.Object({
  status: Type.Union([
    Type.Literal('healthy'),
    Type.Literal('degraded'),
    Type.Literal('unhealthy'),
  ]),
  version: Type.String({ examples: ['0.1.0'] }),
  uptimeSeconds: Type.Integer({ examples: [3600] }),
  components: Type.Object({
    database: Component,
    redis: Component,
    queues: Component,
    disk: Component,
    rateLimits: Component,
    eventLoop: Component,
  }),
});
export type Health = Static<typeof Health>;

export const Probe = Type.Object({
  status: Type.Union([Type.Literal('healthy'), Type.Literal('unhealthy')]),
});
