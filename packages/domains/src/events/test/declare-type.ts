import type { Api, Reply } from '@trellis/test/api';
import type { Account } from '@trellis/test/sign-up';

/** An order with a number, and nothing else. */
export const orderSchema = {
  type: 'object',
  properties: { id: { type: 'integer' } },
  required: ['id'],
  additionalProperties: false,
};

/** Declares a type of events; its schema is that of an order unless told otherwise. */
export async function declareType(
  api: Pick<Api, 'request'>,
  { token }: Pick<Account, 'token'>,
  name: string,
  schema: object | null = orderSchema,
): Promise<Reply> {
  const body = { name, description: `Of ${name}.`, schema };
  const reply = await api.request('POST', '/event-types', { token, body });
  if (reply.status !== 201) throw new Error(`declaring answered ${reply.status}`);
  return reply;
}
