import { type Static, Type } from '@sinclair/typebox';
import { commonSettings } from './common.ts';

export const setupSettings = Type.Object({
  DATABASE_URL: commonSettings.properties.DATABASE_URL,
  DATABASE_OWNER_URL: Type.String({
    pattern: '^postgres(ql)?://',
    format: 'complete-url',
    description:
      'Postgres, as the role that owns the schema and runs the migrations. Needs CREATEROLE; used by the setup step alone.',
    examples: ['postgres://trellis_owner:secret@localhost:5432/trellis'],
  }),
  SECRET_KEY: commonSettings.properties.SECRET_KEY,
  ADMIN_EMAIL: Type.String({
    default: 'admin@trellis.local',
    pattern: '^[^@\\s]+@[^@\\s]+$',
    description: 'E-mail of the platform administrator made at the first start.',
  }),
  ADMIN_PASSWORD: Type.Optional(
    Type.String({
      minLength: 12,
      description: 'Its password. Generated and printed once when it is not given.',
    }),
  ),
});

export type SetupSettings = Static<typeof setupSettings>;
