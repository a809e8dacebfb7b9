import { randomBytes } from 'node:crypto';
import { loadSettings, SettingError } from '@trellis/config/load-settings';
import { type SetupSettings, setupSettings } from '@trellis/config/settings';
import { newId } from '@trellis/core/ids';
import { createSecretBox, type SecretBox } from '@trellis/core/secret-box';
import { createDatabase } from '@trellis/db/client';
import { migrate } from '@trellis/db/migrate';
import { createTenantDb, type Tx } from '@trellis/db/tenant-db';
import { UnsafeLoginError } from '@trellis/db/unsafe-login';
import { writeAudit } from '@trellis/domains/audit/write-audit';
import { hashPassword } from '@trellis/domains/auth/passwords/hash-password';
import { seedPlans } from '@trellis/domains/plans/seed-plans';
import { createTenant } from '@trellis/domains/tenants/create-tenant';
import { createPerson } from '@trellis/domains/users/create-person';

export interface Credentials {
  email: string;
  password: string;
}

/** What was made this time; a field is missing when it was there before. */
export interface SetupResult {
  admin?: Credentials;
  demo?: Credentials & { tenant: string };
}

interface SetupOptions {
  env: NodeJS.ProcessEnv;
  /** Whether an empty database also gets a tenant to play with. */
  demo: boolean;
  log?: (line: string) => void;
}

/**
 * Migrates, and gives an empty database its plans and its platform administrator. Run it before
 * each start of a new version; running it again changes nothing. Throws SettingError.
 */
export async function setUp({ env, demo, log = () => {} }: SetupOptions): Promise<SetupResult> {
  const settings = loadSettings(setupSettings, env);
  await migrate({
    ownerUrl: settings.DATABASE_OWNER_URL,
    appUrl: settings.DATABASE_URL,
    log,
  }).catch(refuse);
  const database = createDatabase({
    url: settings.DATABASE_URL,
    poolMax: 1,
    statementTimeoutMs: 15_000,
    applicationName: 'trellis-setup',
  });
  try {
    return await createTenantDb(database)
      .asSystem((tx) => seed({ tx, secrets: createSecretBox(settings.SECRET_KEY) }, settings, demo))
      .catch(refuse);
  } finally {
    await database.close();
  }
}

/** A login that sees every tenant is a wrong setting, and is told as one. */
function refuse(error: unknown): never {
  throw error instanceof UnsafeLoginError ? new SettingError(error.message, error) : error;
}

interface Seeding {
  tx: Tx;
  secrets: SecretBox;
}

async function seed(
  seeding: Seeding,
  settings: SetupSettings,
  demo: boolean,
): Promise<SetupResult> {
  const { tx } = seeding;
  // Two setups at once would both find the database empty.
  await tx.sql`select pg_advisory_xact_lock(hashtextextended('trellis/setup', 0))`;
  await seedPlans(tx);
  const people = await tx.sql`select from users limit 1`;
  if (people.length > 0) return {};
  const admin = {
    email: settings.ADMIN_EMAIL,
    password: settings.ADMIN_PASSWORD ?? randomBytes(15).toString('base64url'),
  };
  await signUp(seeding, { ...admin, name: 'Platform administrator', tenant: 'Platform' }, true);
  if (!demo) return { admin };
  const visitor = { email: 'demo@trellis.local', password: randomBytes(12).toString('base64url') };
  await signUp(seeding, { ...visitor, name: 'Demo', tenant: 'Demo' }, false);
  return { admin, demo: { ...visitor, tenant: 'Demo' } };
}

interface FirstPerson extends Credentials {
  name: string;
  tenant: string;
}

async function signUp(seeding: Seeding, first: FirstPerson, isPlatform: boolean): Promise<void> {
  const { tx } = seeding;
  const person = await createPerson(tx, {
    email: first.email,
    name: first.name,
    passwordHash: await hashPassword(first.password),
    isPlatformAdmin: isPlatform,
  });
  const tenant = await createTenant(tx, {
    name: first.tenant,
    ownerId: person.id,
    isPlatform,
    planType: isPlatform ? 'enterprise' : 'pro',
  });
  await writeAudit(
    seeding,
    tx,
    {
      tenantId: tenant.id,
      actor: { type: 'system', id: null },
      requestId: newId(),
      ip: null,
      userAgent: null,
    },
    {
      action: 'tenant.registered',
      resourceType: 'tenant',
      resourceId: tenant.id,
      after: { name: tenant.name, slug: tenant.slug, owner: first.email },
    },
  );
}
