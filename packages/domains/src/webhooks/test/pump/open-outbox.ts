import { newId } from '@trellis/core/ids';
import { createDatabase } from '@trellis/db/client';
import { createTenantDb, type TenantDb } from '@trellis/db/tenant-db';
import { seed } from '@trellis/test/api';
import { createTestDatabase } from '@trellis/test/database';
import type { Test } from 'tap';
import { publishEvents } from '../../../events/publish-event.ts';
import type { AttemptResult } from '../../delivery/attempt.ts';
import { type Claim, type ClaimedDelivery, type ClaimRequest, claimDue } from '../../pump/claim.ts';
import type { Outcome } from '../../pump/record.ts';

/** Who is to have a tenant's events: what claims and records work on, without any HTTP. */
export interface Outbox {
  db: TenantDb;
  /** A tenant; it needs none of its own unless it is about several. */
  tenantId: string;
  addTenant(): Promise<string>;
  /** A subscription to everything; answers its id. */
  subscribe(tenantId?: string): Promise<string>;
  /** Publishes events in this order; each has its place here, from 1 on, as its data. */
  publish(orderingKeys: (string | undefined)[], tenantId?: string): Promise<void>;
  /** Claims as a worker that holds nothing. */
  claim(request?: ClaimOverrides): Promise<Claim>;
  deliveries(): Promise<DeliveryRow[]>;
}

export interface DeliveryRow {
  id: string;
  webhook_id: string;
  status: string;
  attempts: number;
  /** Its place among what was published. */
  number: number;
  is_parked: boolean;
  is_due: boolean;
  is_held: boolean;
}

export async function openOutbox(t: Pick<Test, 'teardown'>): Promise<Outbox> {
  const url = await createTestDatabase(t);
  await seed(url);
  const database = createDatabase({
    url: url.appUrl,
    poolMax: 8,
    statementTimeoutMs: 15_000,
    applicationName: 'trellis-pump-test',
  });
  t.teardown(() => database.close());
  const db = createTenantDb(database);
  const addTenant = async (): Promise<string> => {
    const id = newId();
    await db.querySystem(
      (sql) => sql`insert into tenants (id, name, slug, plan_type)
        values (${id}, 'Acme', ${id}, 'enterprise')`,
    );
    return id;
  };
  const tenantId = await addTenant();
  let published = 0;
  return {
    db,
    tenantId,
    addTenant,
    subscribe: async (owner = tenantId) => {
      const id = newId();
      await db.querySystem(
        (sql) => sql`insert into webhooks (id, tenant_id, url, events, secret, secret_hint)
          values (${id}, ${owner}, 'http://127.0.0.1:9/hook', array['*'], 'sealed', 'hint')`,
      );
      return id;
    },
    publish: async (orderingKeys, owner = tenantId) => {
      const events = orderingKeys.map((orderingKey) => ({
        tenantId: owner,
        type: 'order.paid',
        data: String(++published),
        orderingKey,
      }));
      await publishEvents((statement) => db.queryTenant(owner, statement), owner, events);
    },
    claim: ({ shares, ...request } = {}) =>
      claimDue(db, { ...claimOfAll, ...request, shares: { ...claimOfAll.shares, ...shares } }),
    deliveries: () => readDeliveries(db),
  };
}

export type ClaimOverrides = Partial<Omit<ClaimRequest, 'shares'>> & {
  shares?: Partial<ClaimRequest['shares']>;
};

const claimOfAll: ClaimRequest = {
  limit: 1_000,
  shares: {
    perWebhook: 1_000,
    perTenant: 1_000,
    heldByWebhook: new Map(),
    heldByTenant: new Map(),
    slow: new Map(),
    slowFree: 1_000,
  },
  leaseMs: 60_000,
  after: null,
};

function readDeliveries(db: TenantDb): Promise<DeliveryRow[]> {
  return db.querySystem<DeliveryRow>(
    (sql) => sql`
      select d.id, d.webhook_id, d.status, d.attempts, (e.payload::json->>'data')::int as number,
        d.due_at = 'infinity' as is_parked, d.due_at <= now() as is_due,
        coalesce(d.leased_until > now(), false) as is_held
      from webhook_deliveries d join events e on e.id = d.event_id
      order by number, webhook_id`,
  );
}

/** The places of what was claimed, in their order. */
export function numbersOf({ deliveries }: Pick<Claim, 'deliveries'>): number[] {
  return deliveries.map(({ payload }) => JSON.parse(payload).data).sort((a, b) => a - b);
}

/** What came of an attempt: delivered, or a 500 that is tried again at once or never. */
export function outcomeOf(delivery: ClaimedDelivery, status: Outcome['status']): Outcome {
  return {
    id: newId(),
    delivery,
    result: status === 'delivered' ? { ...answered, statusCode: 204 } : failed,
    status,
    retryInMs: status === 'failed' ? 0 : null,
    sentAfterMs: 0,
  };
}

const answered: AttemptResult = {
  outcome: 'delivered',
  statusCode: 204,
  errorClass: null,
  error: null,
  durationMs: 1,
  writtenMs: 0,
  responseBody: '',
  responseTruncated: false,
  responseHeaders: {},
  retryAfterMs: null,
};

const failed: AttemptResult = {
  ...answered,
  outcome: 'failed',
  statusCode: 500,
  errorClass: 'http_5xx',
  error: 'It answered 500.',
};
