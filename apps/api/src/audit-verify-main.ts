import { loadSettings, SettingError } from '@trellis/config/load-settings';
import { commonSettings } from '@trellis/config/settings';
import { describeError } from '@trellis/core/describe-error';
import { isId } from '@trellis/core/ids';
import { verifyTrails } from '@trellis/domains/audit/verify-trails';
import { openPlatform } from '@trellis/domains/platform';

const write = (line: string) => process.stdout.write(`${line}\n`);
const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** Whether every trail, or that of one tenant, is as it was written; a line for each that is not. */
async function main([tenantId, ...others]: string[]): Promise<boolean> {
  if (others.length > 0 || (tenantId !== undefined && !isId(tenantId))) {
    throw new SettingError('Usage: audit:verify [tenantId]');
  }
  const platform = openPlatform(loadSettings(commonSettings, process.env), 'trellis-audit', silent);
  try {
    const { tenants, entries, bad } = await verifyTrails(platform, { tenantId, write });
    write(`Tenants: ${tenants}, entries: ${entries}, trails that are wrong: ${bad}.`);
    return bad === 0;
  } finally {
    await platform.close();
  }
}

try {
  // pnpm passes on the `--` that npm would have taken away.
  const args = process.argv.slice(2).filter((arg) => arg !== '--');
  if (!(await main(args))) process.exitCode = 1;
} catch (error) {
  process.stderr.write(
    error instanceof SettingError
      ? `${error.message}\n`
      : `The audit trail could not be verified: ${describeError(error).stack}\n`,
  );
  process.exitCode = 1;
}
