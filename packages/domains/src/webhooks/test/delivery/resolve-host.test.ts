import dns, { type LookupAddress } from 'node:dns';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startDnsServer } from '@trellis/test/dns-server';
import t, { type Test } from 'tap';
import { createHostsFile } from '../../delivery/hosts-file.ts';
import { createSystemResolve } from '../../delivery/resolve-host.ts';

type Outcome = { error: NodeJS.ErrnoException | null; addresses: LookupAddress[] };

/** The resolver of the guard with a DNS server of our own. */
async function resolveThrough(t: Test, answerOf: Parameters<typeof startDnsServer>[1]) {
  const server = await startDnsServer(t, answerOf);
  const resolve = createSystemResolve([server.address]);
  const ask = (name: string) =>
    new Promise<Outcome>((done) => {
      resolve(name, (error, addresses) => done({ error, addresses }));
    });
  return { ask, questions: server.questions };
}

t.test('both families of a name are answered, and asked for each time', async (t) => {
  const { ask, questions } = await resolveThrough(t, () => [
    '192.0.2.1',
    '192.0.2.2',
    '2001:db8::1',
  ]);
  for (let count = 1; count <= 2; count++) {
    t.same(await ask('hook.example'), {
      error: null,
      addresses: [
        { address: '192.0.2.1', family: 4 },
        { address: '192.0.2.2', family: 4 },
        { address: '2001:db8::1', family: 6 },
      ],
    });
    t.equal(questions.length, 2 * count);
  }
});

t.test('one family is enough, whatever becomes of the other', async (t) => {
  const { ask } = await resolveThrough(t, ({ name, type }) => {
    if (type === 'AAAA') return ['2001:db8::1'];
    return name === 'none.example' ? [] : null;
  });
  for (const name of ['none.example', 'unknown.example']) {
    t.same(await ask(name), { error: null, addresses: [{ address: '2001:db8::1', family: 6 }] });
  }
});

t.test('names whose DNS server is silent or broken hold up no other', async (t) => {
  const { ask } = await resolveThrough(t, ({ name }) =>
    name.endsWith('.silent.example')
      ? 'silent'
      : name.endsWith('.broken.example')
        ? 'broken'
        : ['192.0.2.1'],
  );
  let ended = 0;
  const silent = Array.from({ length: 50 }, async (_, index) => {
    const { error } = await ask(`${index}.silent.example`);
    ended++;
    return error?.code;
  });
  for (let index = 0; index < 20; index++) {
    const broken = ask(`${index}.broken.example`);
    t.equal((await ask(`${index}.hook.example`)).error, null);
    t.ok((await broken).error);
  }
  t.equal((await ask('localhost')).error, null);
  t.equal(ended, 0, 'all were answered while all of the silent ones waited');
  t.same([...new Set(await Promise.all(silent))], [dns.TIMEOUT]);
});

t.test('what the DNS does not know, the system is asked for', async (t) => {
  const { ask, questions } = await resolveThrough(t, () => null);
  const { addresses } = await ask('localhost');
  t.ok(addresses.some(({ address }) => address === '127.0.0.1'));
  t.same(questions, [], 'the DNS has no part in names of this machine');
  const { error } = await ask('no-such-name.invalid');
  t.match(error, { syscall: 'getaddrinfo' });
  t.ok(questions.length > 0);
});

t.test(
  'more unknown names at once than can wait are refused, and the others answered',
  async (t) => {
    const { ask } = await resolveThrough(t, () => null);
    const outcomes = await Promise.all(
      Array.from({ length: 70 }, (_, index) => ask(`unknown-${index}`)),
    );
    t.ok(outcomes.every(({ error }) => error?.syscall === 'getaddrinfo'));
    t.ok(outcomes.filter(({ error }) => error?.code === 'EAI_AGAIN').length > 0);
    t.equal((await ask('localhost')).error, null);
  },
);

t.test('the hosts file is read as the system reads it, and again when it changes', async (t) => {
  const path = join(t.testdir(), 'hosts');
  const hosts = createHostsFile(path);
  t.notOk(hosts.has('hook.example'), 'no file names nothing');
  await writeFile(
    path,
    '# 127.0.0.1 no.example\n127.0.0.1\tHook.example other.example # x.example\n',
  );
  t.ok(hosts.has('hook.example'));
  t.ok(hosts.has('OTHER.example'));
  for (const name of ['no.example', 'x.example', '127.0.0.1', '', '#']) t.notOk(hosts.has(name));
  await writeFile(path, '::1 new.example');
  t.ok(hosts.has('new.example'));
  t.notOk(hosts.has('hook.example'));
});
