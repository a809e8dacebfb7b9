import postgres from 'postgres';

export interface DatabaseOptions {
  port: number;
  superuserPassword: string;
  ownerPassword: string;
}

/** What Postgres says to a wrong password. */
const INVALID_PASSWORD = '28P01';

/** Names of the embedded server, the same on every machine. */
export const OWNER_ROLE = 'trellis_owner';
export const DATABASE = 'trellis';

/** Whether the server's data were made with other passwords than those that are kept. */
export function isWrongPassword(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === INVALID_PASSWORD;
}

/**
 * Makes what a hosting company would hand over: a role that may create roles and databases but is
 * no superuser, and an empty database that it owns. Does nothing that is done already.
 */
export async function prepareDatabase(options: DatabaseOptions): Promise<void> {
  const sql = postgres({
    host: '127.0.0.1',
    port: options.port,
    user: 'postgres',
    password: options.superuserPassword,
    database: 'postgres',
    max: 1,
    onnotice: () => undefined,
  });
  try {
    const roles = await sql`SELECT 1 FROM pg_roles WHERE rolname = ${OWNER_ROLE}`;
    const statement = roles.length === 0 ? 'CREATE ROLE' : 'ALTER ROLE';
    // Roles take no parameters; the password is our own base64url.
    await sql.unsafe(
      `${statement} ${OWNER_ROLE} LOGIN CREATEROLE CREATEDB NOSUPERUSER ` +
        `PASSWORD '${options.ownerPassword}'`,
    );
    const databases = await sql`SELECT 1 FROM pg_database WHERE datname = ${DATABASE}`;
    if (databases.length === 0) {
      await sql.unsafe(`CREATE DATABASE ${DATABASE} OWNER ${OWNER_ROLE}`);
    }
  } finally {
    await sql.end({ timeout: 5 });
  }
}
