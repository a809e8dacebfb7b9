import { randomBytes } from 'node:crypto';
import type { Bench, BenchContext } from './harness/bench.ts';
import { type Child, startChild } from './harness/children.ts';
import { cpuMicroseconds } from './harness/cpu.ts';
import { startBenchServices } from './harness/database.ts';
import { reportComparison } from './harness/report.ts';
import { compare, type Side } from './harness/rounds.ts';
import { type BenchTrellis, startTrellis } from './harness/trellis.ts';
import type { BareVerified, BareVerify } from './programs/bare-verify.ts';
import type { LoginLoad, LoginLoadResult } from './programs/login-load.ts';

const concurrency = 16;
const secondsPerRound = 5;

/**
 * Logging in against nothing but checking the password, by as many at a time: what throttling,
 * the session, its tokens and the audit add to what is slow on purpose. Each account logs in by
 * itself, as one person would.
 */
async function run({ lifecycle, rounds }: BenchContext): Promise<void> {
  const services = await startBenchServices(lifecycle);
  const trellis = await startTrellis(lifecycle, services);
  const accounts = await signUp(trellis);
  const bare = startChild(lifecycle, 'bench/programs/bare-verify.ts');
  const loader = startChild(lifecycle, 'bench/programs/login-load.ts');
  const sides: [Side, Side] = [bareSide(bare), trellisSide(loader, trellis, accounts)];
  reportComparison('Log in', 'per second', sides, await compare(rounds, ...sides));
}

async function signUp(trellis: BenchTrellis): Promise<LoginLoad['accounts']> {
  const accounts = Array.from({ length: concurrency }, () => ({
    email: `bench-${randomBytes(6).toString('hex')}@example.com`,
    password: randomBytes(15).toString('base64url'),
  }));
  for (const account of accounts) {
    await trellis.post('/auth/register', { ...account, tenantName: 'Bench', name: 'Bench' });
  }
  return accounts;
}

function bareSide(bare: Child): Side {
  return {
    name: 'argon2id alone',
    measure: async () => {
      const cpuBefore = cpuMicroseconds(bare.pid);
      const { checks, seconds } = await bare.ask<BareVerified>({
        concurrency,
        seconds: secondsPerRound,
      } satisfies BareVerify);
      const cpu = cpuMicroseconds(bare.pid) - cpuBefore;
      return { rate: checks / seconds, 'CPU, µs per check': cpu / checks };
    },
  };
}

function trellisSide(loader: Child, { api, url }: BenchTrellis, accounts: LoginLoad['accounts']) {
  return {
    name: 'Trellis POST /auth/login',
    measure: async () => {
      const cpuBefore = cpuMicroseconds(api.pid);
      const { logins, failed, seconds, p99Ms } = await loader.ask<LoginLoadResult>({
        url: `${url}/api/v1/auth/login`,
        accounts,
        seconds: secondsPerRound,
      } satisfies LoginLoad);
      const cpu = cpuMicroseconds(api.pid) - cpuBefore;
      if (failed > 0) throw new Error(`${failed} of ${logins + failed} log-ins failed`);
      return {
        rate: logins / seconds,
        'CPU of the server, µs per log-in': cpu / logins,
        'p99, ms': p99Ms,
      };
    },
  };
}

export default {
  summary: 'logging in against checking the password alone',
  run,
} satisfies Bench;
