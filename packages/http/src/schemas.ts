import { type TSchema, Type } from '@sinclair/typebox';

/** Small wire pieces that the domains compose. */

export const Id = Type.String({
  format: 'uuid',
  examples: ['0199f2a4-7c1e-7b52-9c1d-4d5c8a1e9b10'],
});

export const Timestamp = Type.String({
  format: 'date-time',
  examples: ['2026-01-31T12:00:00.000Z'],
});

/**
 * A time that a caller gives. The format alone lets through a leap second and the year 0, which are
 * no time to Postgres; `parseMoment` refuses what no pattern sees.
 */
export const moment = (description: string, example: string) =>
  Type.String({
    format: 'date-time',
    pattern: '^[1-9]\\d{3}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:[0-5]\\d',
    description,
    examples: [example],
  });

export const Nullable = <Schema extends TSchema>(schema: Schema) =>
  Type.Union([schema, Type.Null()]);

/**
 * The pattern of a name: it holds a character that people can see. Some letters and symbols of
 * Unicode look like nothing: the fillers of Hangul, and the blank of Braille.
 */
export const visible = '(?![\\u115F\\u1160\\u2800\\u3164\\uFFA0])[\\p{L}\\p{N}\\p{P}\\p{S}]';

/** Params of `/:id` routes. */
export const IdParams = Type.Object({ id: Id });

export const PageQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 25, description: 'Items per page.' }),
    cursor: Type.Optional(
      Type.String({ maxLength: 200, description: '`nextCursor` of the page before.' }),
    ),
  },
  { additionalProperties: false },
);

export const PageOf = <Schema extends TSchema>(item: Schema) =>
  Type.Object({
    data: Type.Array(item),
    nextCursor: Type.Union([Type.String(), Type.Null()], {
      description: 'Pass it as `cursor` to get the next page; null on the last page.',
    }),
  });

/** A body: a property that the schema does not name is refused, not dropped. */
export const Body = <Properties extends Record<string, TSchema>>(properties: Properties) =>
  Type.Object(properties, { additionalProperties: false });

/** Of a route that takes nothing: no body at all, or one without a property. */
export const EmptyBody = Type.Unsafe<Record<string, never> | null>({
  ...Body({}),
  type: ['object', 'null'],
});

/** RFC 9457, with the extensions that every error of the API has. */
export const Problem = Type.Object(
  {
    type: Type.String({ examples: ['urn:trellis:problem:validation_failed'] }),
    title: Type.String({ examples: ['The request is not valid'] }),
    status: Type.Integer({ examples: [400] }),
    detail: Type.String({ examples: ['body/url must be a string'] }),
    instance: Type.String({ examples: ['/api/v1/webhooks'] }),
    code: Type.String({
      description: 'Stable; see docs/errors.md.',
      examples: ['validation_failed'],
    }),
    requestId: Type.String({ examples: ['0199f2a4-7c1e-7b52-9c1d-4d5c8a1e9b10'] }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          path: Type.String({ examples: ['body/url'] }),
          message: Type.String({ examples: ['must be a string'] }),
        }),
      ),
    ),
  },
  { $id: 'Problem', title: 'Problem' },
);
