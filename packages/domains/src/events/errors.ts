import { defineErrors } from '@trellis/core/errors';

export const eventErrors = defineErrors({
  event_type_exists: {
    status: 409,
    title: 'The name of the type is taken',
    description: 'The tenant has declared a type of this name, or it is one of the platform.',
  },
  event_type_limit_reached: {
    status: 409,
    title: 'The tenant has too many types of events',
    description: 'It has declared as many as `EVENT_TYPES_MAX` allows. Delete some.',
  },
  platform_event_type: {
    status: 409,
    title: 'The type belongs to the platform',
    description:
      'The type is declared by the platform and is the same in every tenant: it cannot be changed. Events of `webhook.disabled` and `webhook.test` cannot be published either, as receivers take them for the word of the platform.',
  },
  event_data_too_large: {
    status: 413,
    title: 'The data of the event is too large',
    description:
      'The JSON text of `data` is larger than `EVENT_DATA_BYTES_MAX`; `detail` names the limit in bytes. Send a link to what is large.',
  },
  event_data_invalid: {
    status: 422,
    title: 'The data does not fit the type',
    description:
      '`data` does not fit the JSON Schema of its type, which `GET /event-types/{name}` shows. `errors` lists where. Nothing was published.',
  },
  event_data_too_complex: {
    status: 422,
    title: 'The data takes too much work to check',
    description:
      'The check of `data` against the schema of its type was ended, because both together ask for more work than one event may take. Simplify the schema, or send less. Nothing was published.',
  },
  event_schema_refused: {
    status: 422,
    title: 'The schema cannot be used',
    description:
      'It is not a valid JSON Schema (2020-12), or asks for what could take too long; `detail` says what. Allowed are references within the schema (`#/$defs/…`) without recursion, patterns without look-around and back references (RE2), and formats that are checked in linear time.',
  },
});
