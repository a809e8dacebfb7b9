import type { Api } from '@trellis/test/api';
import type { Account } from '@trellis/test/sign-up';

/** An API key of the account's tenant; it goes where a token goes, and has no session. */
export async function keyOf(
  api: Pick<Api, 'request'>,
  { token }: Pick<Account, 'token'>,
): Promise<string> {
  const { status, body } = await api.request('POST', '/api-keys', {
    token,
    body: { name: 'Robot', permissions: ['users:read'] },
  });
  if (status !== 201) throw new Error(`making a key answered ${status}: ${JSON.stringify(body)}`);
  return body.key;
}
