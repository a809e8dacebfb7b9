import type { Platform } from '../platform.ts';
import { fileErrors } from './errors.ts';
import type { LinkQuery } from './schemas.ts';

export interface LinkedFile {
  id: string;
  tenantId: string;
}

const purpose = 'file-link';

/** What is signed: nothing of it can be changed without the key. */
const message = ({ file, tenant, expires }: Omit<LinkQuery, 'signature'>) =>
  `${tenant}/${file}/${expires}`;

/** The query of a link that gives the file to whoever has it, until `expiresAt`. */
export function signLink(
  { secrets }: Pick<Platform, 'secrets'>,
  { id, tenantId }: LinkedFile,
  expiresAt: Date,
): LinkQuery {
  const expires = String(Math.floor(expiresAt.getTime() / 1_000));
  const query = { file: id, tenant: tenantId, expires };
  return { ...query, signature: secrets.sign(purpose, message(query)) };
}

/** Throws `link_invalid` (403). */
export function openLink(
  { secrets, clock }: Pick<Platform, 'secrets' | 'clock'>,
  { signature, ...query }: LinkQuery,
): LinkedFile {
  const isOurs = secrets.verify(purpose, message(query), signature);
  const hasExpired = Number(query.expires) * 1_000 <= clock.now().getTime();
  if (!isOurs || hasExpired) throw fileErrors.link_invalid();
  return { id: query.file, tenantId: query.tenant };
}
