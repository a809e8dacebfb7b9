import { commonErrors } from '@trellis/core/common-errors';
import type { CallContext } from '@trellis/core/context';
import { writeAudit } from '../audit/write-audit.ts';
import type { Platform } from '../platform.ts';
import { createTenant } from '../tenants/create-tenant.ts';
import type { Person } from '../users/create-person.ts';
import { createPerson } from '../users/create-person.ts';
import { createLogIn } from './log-in/log-in.ts';
import type { LoginDenials } from './log-in/login-denials.ts';
import type { Origin } from './origin.ts';
import { hashPassword } from './passwords/hash-password.ts';
import { findPerson, listTenantsOf, type TenantOfPerson } from './repository.ts';
import type { LoginBody, RegisterBody, TokensReply } from './schemas.ts';
import { findSecondFactor } from './second-factor/repository.ts';
import type { Sessions } from './sessions/sessions.ts';
import type { LoginThrottle } from './throttle/login-throttle.ts';
import type { EmailVerification } from './verification/email-verification.ts';

export interface AuthService {
  register(input: RegisterBody, origin: Origin): Promise<TokensReply>;
  login(input: LoginBody, origin: Origin): Promise<TokensReply>;
  refresh(refreshToken: string, origin: Origin): Promise<TokensReply>;
  me(call: CallContext): Promise<Me>;
}

export interface Me {
  user: Person & { emailVerified: boolean; mfaEnabled: boolean };
  tenant: TenantOfPerson;
}

interface Needs extends Pick<Platform, 'db' | 'jobs' | 'secrets' | 'clock'> {
  sessions: Sessions;
  throttle: LoginThrottle;
  denials: LoginDenials;
  verification: Pick<EmailVerification, 'welcome'>;
}

export function createAuthService(needs: Needs): AuthService {
  const { db, sessions, verification } = needs;

  return {
    async register(input, origin) {
      const passwordHash = await hashPassword(input.password);
      return db.asSystem(async (tx) => {
        const { email, name } = input;
        const user = await createPerson(tx, { email, name, passwordHash });
        const tenant = await createTenant(tx, { name: input.tenantName, ownerId: user.id });
        await writeAudit(
          needs,
          tx,
          { ...origin, tenantId: tenant.id, actor: { type: 'user', id: user.id } },
          {
            action: 'tenant.registered',
            resourceType: 'tenant',
            resourceId: tenant.id,
            after: { name: tenant.name, slug: tenant.slug, owner: email },
          },
        );
        await verification.welcome(tx, user, tenant.name);
        return (await sessions.open(tx, user, tenant, origin)).tokens;
      });
    },

    login: createLogIn(needs),

    refresh: (refreshToken, origin) => sessions.refresh(refreshToken, origin),

    me: (call) =>
      db.asSystem(async (tx) => {
        const user = call.actor.id ? await findPerson(tx, call.actor.id) : undefined;
        if (!user) throw commonErrors.unauthenticated();
        const tenants = await listTenantsOf(tx, user.id);
        const tenant = tenants.find((candidate) => candidate.id === call.tenantId);
        if (!tenant) throw commonErrors.unauthenticated();
        const factor = await findSecondFactor(tx, user.id);
        const emailVerified = user.emailVerifiedAt !== null;
        return { user: { ...user, emailVerified, mfaEnabled: Boolean(factor?.enabledAt) }, tenant };
      }),
  };
}
