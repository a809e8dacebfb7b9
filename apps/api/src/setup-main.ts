import { SettingError } from '@trellis/config/load-settings';
import { describeError } from '@trellis/core/describe-error';
import { setUp } from './setup.ts';

const write = (line: string) => process.stdout.write(`${line}\n`);

try {
  const { admin } = await setUp({ env: process.env, demo: false, log: write });
  if (admin && !process.env.ADMIN_PASSWORD) {
    write(`Platform administrator: ${admin.email}, password: ${admin.password}`);
    write('The password is shown this once.');
  }
} catch (error) {
  process.stderr.write(
    error instanceof SettingError
      ? `${error.message}\n`
      : `The setup failed: ${describeError(error).stack}\n`,
  );
  process.exitCode = 1;
}
