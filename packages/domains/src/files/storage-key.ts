import { isId } from '@trellis/core/ids';

/** Before the key of every object of this domain. */
export const keyPrefix = 'files/';

/** Where the content of a file is kept. Its name is no part of it. */
export function storageKey(tenantId: string, id: string): string {
  return `${keyPrefix}${tenantId}/${id}`;
}

/** The id of the file whose object this is; undefined for a key that is not made here. */
export function fileIdOf(key: string): string | undefined {
  const [, tenantId = '', id = '', ...rest] = key.split('/');
  return isId(tenantId) && isId(id) && rest.length === 0 ? id : undefined;
}
