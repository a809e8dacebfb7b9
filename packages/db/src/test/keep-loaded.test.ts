import t, { type Test } from 'tap';
import { keepLoaded } from '../keep-loaded.ts';

/** Grants whose loading is finished by hand. */
function prepare() {
  const loads: { key: string; finish: (grant: { of: string } | undefined) => void }[] = [];
  const grants = keepLoaded(
    (key) =>
      new Promise<{ of: string } | undefined>((finish) => {
        loads.push({ key, finish });
      }),
    { isListening: () => true },
  );
  /** Asks for a grant, and answers each load that it takes. */
  const ask = async (key: string) => {
    const asked = grants.get(key);
    for (const { finish } of loads.splice(0)) finish({ of: key });
    return asked;
  };
  return { grants, loads, ask };
}

t.test('what is forgotten under one key is read anew, and nothing else', async (t) => {
  const { grants, loads, ask } = prepare();
  for (const key of ['a', 'b']) t.same(await ask(key), { of: key });
  grants.forgetOne('a');
  t.same(await grants.get('b'), { of: 'b' });
  t.equal(loads.length, 0);
  const again = grants.get('a');
  t.same(
    loads.map(({ key }) => key),
    ['a'],
  );
  loads[0]?.finish(undefined);
  t.equal(await again, undefined);
});

t.test('a peek answers from memory alone', async (t) => {
  const { grants, loads, ask } = prepare();
  t.equal(grants.peek('a'), undefined);
  t.equal(loads.length, 0);
  t.same(await ask('a'), { of: 'a' });
  t.same(grants.peek('a'), { of: 'a' });
  grants.forgetOne('a');
  t.equal(grants.peek('a'), undefined, 'nor of what may have changed');
});

t.test('what is forgotten while it is read is not kept, but what is read beside it', async (t) => {
  const { grants, loads } = prepare();
  const reading = ['a', 'b'].map((key) => grants.get(key));
  grants.forgetOne('a');
  const later = grants.get('a');
  t.equal(loads.length, 3, 'who asks from then on does not get the old answer');
  for (const { key, finish } of loads.splice(0)) finish({ of: key });
  t.same(await Promise.all([...reading, later]), [{ of: 'a' }, { of: 'b' }, { of: 'a' }]);
  for (const key of ['a', 'b']) t.same(await grants.get(key), { of: key });
  t.equal(loads.length, 0, 'the second reading of one and the first of the other are kept');
});

t.test('a change of many forgets whatever is being read', async (t) => {
  const { grants, loads } = prepare();
  const reading = grants.get('a');
  grants.forget(() => false);
  for (const { key, finish } of loads.splice(0)) finish({ of: key });
  t.same(await reading, { of: 'a' });
  void grants.get('a');
  t.equal(loads.length, 1);
});

/** Grants of a Postgres that can fail, at a time that is set by hand. */
function prepareFailing(t: Test) {
  const state = { nowMs: 1_000_000, isListening: true, failure: '', loads: 0 };
  t.intercept(Date, 'now', { value: () => state.nowMs });
  const load = async (key: string) => {
    state.loads++;
    await undefined;
    if (state.failure) throw Object.assign(new Error('it failed'), { code: state.failure });
    return key === 'nothing' ? undefined : { of: key };
  };
  const grants = keepLoaded(load, { isListening: () => state.isListening });
  return { grants, state };
}

t.test('a grant is read again after 30 s, and after 1 s while no change is heard', async (t) => {
  for (const [isListening, lifeMs] of [
    [true, 30_000],
    [false, 1_000],
  ] as const) {
    const { grants, state } = prepareFailing(t);
    state.isListening = isListening;
    await grants.get('a');
    state.nowMs += lifeMs - 1;
    await grants.get('a');
    t.equal(state.loads, 1);
    state.nowMs += 1;
    await grants.get('a');
    t.equal(state.loads, 2);
  }
});

t.test('the loss of the connection shortens what is kept already', async (t) => {
  const { grants, state } = prepareFailing(t);
  await grants.get('a');
  state.nowMs += 2_000;
  state.isListening = false;
  await grants.get('a');
  t.equal(state.loads, 2);
});

t.test('while Postgres is away a grant goes on for five minutes, and no longer', async (t) => {
  for (const failure of ['ECONNREFUSED', 'CONNECTION_CLOSED', '57P03', '08006']) {
    const { grants, state } = prepareFailing(t);
    await grants.get('a');
    await grants.get('nothing');
    state.failure = failure;
    state.isListening = false;
    state.nowMs += 299_000;
    t.same(await grants.get('a'), { of: 'a' });
    t.equal(await grants.get('nothing'), undefined);
    t.equal(state.loads, 4);
    t.same(await grants.get('a'), { of: 'a' });
    t.equal(state.loads, 4, 'Postgres is not asked each time');
    await t.rejects(grants.get('b'), { code: failure }, 'of another one nothing is known');
    state.nowMs += 1_000;
    await t.rejects(grants.get('a'), { code: failure });
    state.failure = '';
    t.same(await grants.get('a'), { of: 'a' }, 'it is known again once Postgres is back');
  }
});

t.test(
  'a Postgres that is slow or full is at work for others, so nothing old counts',
  async (t) => {
    for (const failure of ['57014', '53300', 'DATABASE_DEADLINE', '22012']) {
      const { grants, state } = prepareFailing(t);
      await grants.get('a');
      state.failure = failure;
      t.same(await grants.get('a'), { of: 'a' }, 'what is fresh does');
      state.nowMs += 30_000;
      await t.rejects(grants.get('a'), { code: failure });
    }
  },
);

t.test('what is forgotten while Postgres does not answer is not answered', async (t) => {
  const { grants, state } = prepareFailing(t);
  for (const forget of [() => grants.forgetOne('a'), () => grants.forget(() => true)]) {
    state.failure = '';
    await grants.get('a');
    state.failure = 'ECONNREFUSED';
    state.nowMs += 30_000;
    const asked = grants.get('a');
    forget();
    await t.rejects(asked, { code: 'ECONNREFUSED' });
  }
});
