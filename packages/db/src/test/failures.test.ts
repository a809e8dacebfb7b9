import { classifyFailure, isServerAway, isStatementTimeout } from '@trellis/db/failures';
import t from 'tap';

const errorOf = (code: string) =>
  new Error('Failed query', { cause: Object.assign(new Error('it failed'), { code }) });

t.test('what passes by itself is told as unavailable', async (t) => {
  const passing = [
    ...['EAI_AGAIN', 'ENETUNREACH', 'EHOSTDOWN', 'ECONNREFUSED', 'DATABASE_DEADLINE'],
    ...['28P01', '28000', '25006', '57P03', '53300', '08006', '57014', '25P03'],
  ];
  for (const code of passing) t.equal(classifyFailure(errorOf(code)), 'unavailable', code);
});

t.test('what does not pass is not', async (t) => {
  t.equal(classifyFailure(errorOf('23505')), 'unique');
  t.equal(classifyFailure(errorOf('22021')), 'invalid_text');
  for (const code of ['42501', '25P02', '22012']) {
    t.equal(classifyFailure(errorOf(code)), 'other', code);
  }
});

t.test('a statement that took too long is told apart from a server that is away', async (t) => {
  t.ok(isStatementTimeout(errorOf('57014')));
  t.notOk(isStatementTimeout(errorOf('57P03')));
});

t.test('a server that is away for all is told apart from one that is slow or full', async (t) => {
  for (const code of ['ECONNREFUSED', 'CONNECT_TIMEOUT', '08006', '57P01', '57P03']) {
    t.ok(isServerAway(errorOf(code)), code);
  }
  for (const code of ['57014', '53300', '53200', 'DATABASE_DEADLINE', '28P01', '25P03', '23505']) {
    t.notOk(isServerAway(errorOf(code)), code);
  }
});
