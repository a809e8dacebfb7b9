import { performance } from 'node:perf_hooks';
import { asSystem, createInstallation } from '@trellis/test/installation';
import { startApiProcess } from '@trellis/test/processes';
import { password, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { hashPassword, verifyPassword } from '../passwords/hash-password.ts';
import { logIn } from './log-in.ts';

const rounds = 60;
const measurements = 5;
const wrong = 'not the password';

t.test('how long a refusal takes does not tell who has an account', async (t) => {
  const installation = await createInstallation(t, 'postgres', { LOGIN_FAILURES_FREE: '1000' });
  // In a process of its own: what it does behind an answer must not keep the answer from us.
  const api = await startApiProcess(t, installation);
  const person = await signUp(api);
  const leaver = await signUp(api, 'Leaver');
  await asSystem(
    installation.database,
    (tx) => tx.sql`update users set disabled_at = now() where id = ${leaver.user.id}`,
  );
  const kept = await hashPassword(password);
  const sides: Record<string, () => Promise<unknown>> = {
    known: () => refuse(person.user.email, wrong),
    unknown: () => refuse('nobody@example.com', wrong),
    disabled: () => refuse(leaver.user.email, password),
    verify: () => verifyPassword(kept, wrong),
  };
  const refuse = async (email: string, word: string) => {
    const { body } = await logIn(api, email, word);
    if (body.code !== 'invalid_credentials') throw new Error(`answered ${body.code}`);
  };

  let measured = await measure(sides);
  // Beside other work single measurements mean little; a check too few is missing in all of them.
  for (let more = measurements - 1; more > 0 && !isAlike(measured); more--) {
    measured = await measure(sides);
  }
  t.ok(isAlike(measured), `the lower quartiles, ms: ${JSON.stringify(measured)}`);
});

type Measured = Record<string, number>;

/** The lower quartile of how long each takes, in ms. */
async function measure(sides: Record<string, () => Promise<unknown>>): Promise<Measured> {
  const taken = new Map(Object.keys(sides).map((name): [string, number[]] => [name, []]));
  for (let round = 0; round < rounds; round++) {
    // In random order, as what one leaves behind delays the next.
    const order = Object.entries(sides).map(([name, run]) => ({ name, run, rank: Math.random() }));
    for (const { name, run } of order.sort((one, other) => one.rank - other.rank)) {
      const startedMs = performance.now();
      await run();
      taken.get(name)?.push(performance.now() - startedMs);
    }
  }
  return Object.fromEntries([...taken].map(([name, values]) => [name, lowerQuartile(values)]));
}

/** Whether those whom it does not let in take the same: less than half a check apart. */
function isAlike({ known = 0, unknown = 0, disabled = 0, verify = 0 }: Measured): boolean {
  const isNear = (one: number) => Math.abs(one - unknown) < verify / 2;
  return isNear(known) && isNear(disabled) && unknown > verify / 2;
}

/** What else the machine does makes some take longer; the quicker ones tell what there is to do. */
function lowerQuartile(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 4)] ?? Number.NaN;
}
