import { setImmediate as afterAnswer } from 'node:timers/promises';
import type { ProblemError } from '@trellis/core/errors';
import { writeAudit } from '../../audit/write-audit.ts';
import type { Platform } from '../../platform.ts';
import type { Origin } from '../origin.ts';
import { type Login, listTenantsOf } from '../repository.ts';

export interface LoginDenial {
  person: Pick<Login, 'id' | 'isDisabled'>;
  /** As it was asked for. */
  tenantId: string | undefined;
  origin: Origin;
  /** What the caller was told. */
  problem: ProblemError;
  /** Whether the account has to wait from now on. */
  throttles: boolean;
}

/**
 * Audits refused log-ins of people who exist. That happens behind the answer, because it would
 * take longer for them than for an address that nobody has.
 */
export interface LoginDenials {
  record(denial: LoginDenial): void;
  /** Waits for what is still being written. */
  close(): Promise<void>;
}

type Needs = Pick<Platform, 'db' | 'secrets' | 'log'>;

export function createLoginDenials(needs: Needs): LoginDenials {
  const pending = new Set<Promise<void>>();
  return {
    record(denial) {
      const writing = write(needs, denial)
        .catch((err) => needs.log.error({ err }, 'A refused log-in could not be audited.'))
        .finally(() => pending.delete(writing));
      pending.add(writing);
    },
    close: async () => {
      await Promise.all(pending);
    },
  };
}

async function write(needs: Needs, { person, origin, ...denial }: LoginDenial): Promise<void> {
  await afterAnswer();
  await needs.db.asSystem(async (tx) => {
    const tenants = await listTenantsOf(tx, person.id);
    const wanted = denial.tenantId?.toLowerCase();
    // A tenant that they are not in must not be a way around the audit of theirs.
    const tenant =
      tenants.find(({ id }) => id === wanted) ??
      tenants.find(({ status }) => status === 'active') ??
      tenants[0];
    if (!tenant) return;
    // Nobody knows who that was, so it is not put down to the person.
    const call = { ...origin, tenantId: tenant.id, actor: { type: 'system', id: null } } as const;
    const resource = { resourceType: 'user', resourceId: person.id };
    const after = { reason: person.isDisabled ? 'person_disabled' : denial.problem.code };
    await writeAudit(needs, tx, call, { ...resource, action: 'session.denied', after });
    if (denial.throttles) {
      await writeAudit(needs, tx, call, { ...resource, action: 'user.throttled' });
    }
  });
}
