import { commonErrors } from '@trellis/core/common-errors';
import type { CallContext } from '@trellis/core/context';
import { type Page, type PageQuery, toPage } from '@trellis/core/pagination';
import { ownerPermission, platformPermission } from '@trellis/core/permissions';
import { hashToken } from '@trellis/core/token';
import type { Tx } from '@trellis/db/tenant-db';
import { writeAudit } from '../audit/write-audit.ts';
import { emitEvent } from '../events/trigger-webhooks.ts';
import type { Platform } from '../platform.ts';
import { lockAccess } from '../roles/access-change.ts';
import { roleErrors } from '../roles/errors.ts';
import { assertKnown, assertMayGrant } from '../roles/grants.ts';
import { newApiKey } from './api-key.ts';
import { apiKeyDeleted as forgetApiKey } from './authenticate-key.ts';
import { apiKeyErrors } from './errors.ts';
import { apiKeyCreated, apiKeyDeleted } from './events.ts';
import { presentApiKey } from './present-api-key.ts';
import {
  type ApiKey,
  countApiKeys,
  deleteApiKey,
  findApiKey,
  insertApiKey,
  listApiKeys,
} from './repository.ts';
import type { ApiKeyReply, CreateApiKeyBody, CreatedApiKeyReply } from './schemas.ts';

export interface ApiKeysService {
  list(call: CallContext, query: PageQuery): Promise<Page<ApiKeyReply>>;
  get(call: CallContext, id: string): Promise<ApiKeyReply>;
  /** Nobody gives a key what they do not hold; no key makes one that outlives or outpaces it. */
  create(call: CallContext, input: CreateApiKeyBody): Promise<CreatedApiKeyReply>;
  delete(call: CallContext, id: string): Promise<void>;
}

interface Needs extends Pick<Platform, 'db' | 'jobs' | 'changes' | 'secrets' | 'clock'> {
  /** Every permission that a route asks for; grows until all routes are mounted. */
  catalogue: ReadonlySet<string>;
  /** Keys that one tenant can have. */
  keysMax: number;
}

export function createApiKeysService(needs: Needs): ApiKeysService {
  const { db } = needs;
  return {
    list: (call, query) =>
      db.withTenant(call.tenantId, async (tx) =>
        toPage(await listApiKeys(tx, query), query.limit, presentApiKey),
      ),
    get: (call, id) =>
      db.withTenant(call.tenantId, async (tx) => presentApiKey(found(await findApiKey(tx, id)))),
    async create(call, input) {
      assertForKeys(needs.catalogue, input.permissions);
      const expiresAt = parseExpiry(needs.clock.now(), input.expiresAt);
      const { rateLimit = null } = input;
      return db.withTenant(call.tenantId, (tx) =>
        create(needs, tx, call, { ...input, rateLimit, expiresAt }),
      );
    },
    delete: (call, id) => db.withTenant(call.tenantId, (tx) => remove(needs, tx, call, id)),
  };
}

function assertForKeys(catalogue: ReadonlySet<string>, permissions: string[]): void {
  assertKnown(catalogue, permissions);
  const personal = permissions.find(
    (name) => name === ownerPermission || name === platformPermission,
  );
  if (personal) {
    throw apiKeyErrors.permission_for_people(`An API key cannot have "${personal}".`);
  }
}

/** Throws `expiry_not_ahead` (422), also for an offset that `Date` does not read. */
function parseExpiry(now: Date, text: string | undefined): Date | null {
  if (text === undefined) return null;
  const moment = new Date(text);
  if (moment > now && moment.getUTCFullYear() <= 9_999) return moment;
  throw apiKeyErrors.expiry_not_ahead();
}

async function create(
  needs: Needs,
  tx: Tx,
  call: CallContext,
  input: Pick<ApiKey, 'name' | 'permissions' | 'rateLimit' | 'expiresAt'>,
): Promise<CreatedApiKeyReply> {
  assertMayGrant(await lockAccess(tx, call, 'api-keys:write'), input.permissions);
  await assertNoMore(tx, call, input);
  if ((await countApiKeys(tx)) >= needs.keysMax) {
    throw apiKeyErrors.api_key_limit_reached(`A tenant can have ${needs.keysMax} API keys.`);
  }
  const { key, prefix } = newApiKey();
  const row = await insertApiKey(tx, {
    ...input,
    tenantId: call.tenantId,
    prefix,
    keyHash: hashToken(key),
    permissions: input.permissions.toSorted(),
    createdBy: call.actor.id,
  });
  const after = presentApiKey(row);
  await writeAudit(needs, tx, call, { action: 'api_key.created', ...resource(row.id), after });
  await emitEvent(needs, tx, call.tenantId, apiKeyCreated, after);
  return { ...after, key };
}

/** An end and a limit are part of what a key may do, so it passes them on. */
async function assertNoMore(
  tx: Tx,
  { actor }: CallContext,
  child: Pick<ApiKey, 'rateLimit' | 'expiresAt'>,
): Promise<void> {
  if (actor.type !== 'api_key' || actor.id === null) return;
  const { expiresAt: end, rateLimit } = found(await findApiKey(tx, actor.id));
  if (end !== null && (child.expiresAt === null || child.expiresAt > end)) {
    throw roleErrors.permission_escalation(
      `A key that is made with a key ends no later: ${end.toISOString()}.`,
    );
  }
  if (rateLimit !== null && (child.rateLimit === null || child.rateLimit > rateLimit)) {
    throw roleErrors.permission_escalation(
      `A key that is made with a key has a \`rateLimit\` of ${rateLimit} at most.`,
    );
  }
}

async function remove(needs: Needs, tx: Tx, call: CallContext, id: string): Promise<void> {
  const before = presentApiKey(found(await deleteApiKey(tx, id)));
  await needs.changes.announce(tx, forgetApiKey, id);
  await writeAudit(needs, tx, call, { action: 'api_key.deleted', ...resource(id), before });
  await emitEvent(needs, tx, call.tenantId, apiKeyDeleted, before);
}

const resource = (id: string) => ({ resourceType: 'api_key', resourceId: id });

/** A key of another tenant is not found either: row-level security does not show it. */
function found<Row>(row: Row | undefined): Row {
  if (!row) throw commonErrors.not_found('There is no such API key.');
  return row;
}
