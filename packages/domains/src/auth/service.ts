import { commonErrors } from '@trellis/core/common-errors';
import type { CallContext } from '@trellis/core/context';
import { writeAudit } from '../audit/write-audit.ts';
import type { MailLinks } from '../email/mail-links.ts';
import { sendMail } from '../email/send-mail.ts';
import type { Platform } from '../platform.ts';
import { createTenant } from '../tenants/create-tenant.ts';
import { createPerson } from '../users/create-person.ts';
import { sessionEnded } from './authenticate.ts';
import { authErrors } from './errors.ts';
import { issueOneTimeToken } from './one-time-token.ts';
import type { Origin } from './origin.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import {
  findPerson,
  findPersonByEmail,
  listTenantsOf,
  type Person,
  revokeSession,
  type TenantOfPerson,
} from './repository.ts';
import type { LoginBody, RegisterBody, TokensReply } from './schemas.ts';
import { createSessions, type SessionSettings } from './sessions.ts';

export interface AuthService {
  register(input: RegisterBody, origin: Origin): Promise<TokensReply>;
  login(input: LoginBody, origin: Origin): Promise<TokensReply>;
  refresh(refreshToken: string, origin: Origin): Promise<TokensReply>;
  /** Throws `unauthenticated` (401) for a credential that has no session to end. */
  logout(call: CallContext): Promise<void>;
  me(call: CallContext): Promise<{ user: Person; tenant: TenantOfPerson }>;
}

type Needs = Pick<Platform, 'db' | 'jobs' | 'secrets' | 'clock' | 'changes' | 'log'>;

export interface AuthSettings extends SessionSettings {
  verifyEmailTtlSeconds: number;
  links: Pick<MailLinks, 'verifyEmail'>;
}

export function createAuthService(needs: Needs, settings: AuthSettings): AuthService {
  const { db, changes, clock } = needs;
  const sessions = createSessions(needs, settings);

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
        const token = await issueOneTimeToken(tx, {
          kind: 'verify_email',
          userId: user.id,
          expiresAt: new Date(clock.now().getTime() + settings.verifyEmailTtlSeconds * 1_000),
        });
        const link = settings.links.verifyEmail(token);
        await sendMail(needs, tx, user.email, 'welcome', { name, tenantName: tenant.name, link });
        return (await sessions.open(tx, user, tenant, origin)).tokens;
      });
    },

    async login(input, origin) {
      const person = await db.asSystem((tx) => findPersonByEmail(tx, input.email.trim()));
      const matches = await verifyPassword(person?.passwordHash, input.password);
      if (!person || !matches || person.disabledAt) throw authErrors.invalid_credentials();
      return db.asSystem(async (tx) => {
        const tenant = chooseTenant(await listTenantsOf(tx, person.id), input.tenantId);
        const { sessionId, tokens } = await sessions.open(tx, person, tenant, origin);
        await writeAudit(
          needs,
          tx,
          { ...origin, tenantId: tenant.id, actor: { type: 'user', id: person.id } },
          { action: 'session.created', resourceType: 'session', resourceId: sessionId },
        );
        return tokens;
      });
    },

    refresh: (refreshToken, origin) => sessions.refresh(refreshToken, origin),

    async logout(call) {
      const { sessionId } = call;
      if (sessionId === null) throw commonErrors.unauthenticated('There is no session to end.');
      await db.asSystem(async (tx) => {
        await revokeSession(tx, sessionId, clock.now());
        await changes.announce(tx, sessionEnded, sessionId);
        await writeAudit(needs, tx, call, {
          action: 'session.ended',
          resourceType: 'session',
          resourceId: sessionId,
        });
      });
    },

    me: (call) =>
      db.asSystem(async (tx) => {
        const user = call.actor.id ? await findPerson(tx, call.actor.id) : undefined;
        if (!user) throw commonErrors.unauthenticated();
        const tenants = await listTenantsOf(tx, user.id);
        const tenant = tenants.find((candidate) => candidate.id === call.tenantId);
        if (!tenant) throw commonErrors.unauthenticated();
        return { user, tenant };
      }),
  };
}

/** The named tenant, else the one joined first that is active. Throws `no_membership` (403). */
function chooseTenant(tenants: TenantOfPerson[], wanted: string | undefined): TenantOfPerson {
  // A UUID may be written in capitals (RFC 9562, 4); ours are kept in small letters.
  const id = wanted?.toLowerCase();
  const candidates = tenants.filter((tenant) => !id || tenant.id === id);
  const active = candidates.find((tenant) => tenant.status === 'active');
  if (active) return active;
  throw candidates.length > 0 ? authErrors.tenant_suspended() : authErrors.no_membership();
}
