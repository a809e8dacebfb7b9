import { performance } from 'node:perf_hooks';
import { asSystem, createInstallation } from '@trellis/test/installation';
import { startApiProcess } from '@trellis/test/processes';
import { password, signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { hashPassword, verifyPassword } from '../passwords/hash-password.ts';
import { logIn } from './log-in.ts';

const rounds = 60;
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

  const quartileOf = (name: string) => lowerQuartile(taken.get(name) ?? []);
  const verifyMs = quartileOf('verify');
  for (const name of ['known', 'disabled']) {
    const apartMs = Math.abs(quartileOf(name) - quartileOf('unknown'));
    t.ok(apartMs < verifyMs / 2, `${name}: ${apartMs} ms apart, a check takes ${verifyMs} ms`);
  }
  t.ok(quartileOf('unknown') > verifyMs / 2, 'a password is checked for nobody too');
});

/** What else the machine does makes some take longer; the quicker ones tell what there is to do. */
function lowerQuartile(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 4)] ?? Number.NaN;
}
