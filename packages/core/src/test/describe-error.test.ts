import { describeError } from '@trellis/core/describe-error';
import t from 'tap';

/** As drizzle makes it: what the query was given stands in message, stack and a property. */
function failedQuery(cause: Error, params: string[]): Error {
  const query = 'insert into "users" ("email", "password_hash") values ($1, $2)';
  const error = new Error(`Failed query: ${query}\nparams: ${params}`, { cause });
  return Object.assign(error, { query, params });
}

class PostgresError extends Error {}

const postgresError = (message: string, more: object) =>
  Object.assign(new PostgresError(message), more);

const secrets = ['ada@example.com', '$argon2id$v=19$very-secret'];

t.test('what a query was given is in no part of its description', async (t) => {
  const cause = postgresError('duplicate key value violates unique constraint "users_email"', {
    code: '23505',
    detail: `Key (lower(email))=(${secrets[0]}) already exists.`,
    where: `unnamed portal parameter $2 = '${secrets[1]}'`,
    table_name: 'users',
    constraint_name: 'users_email',
    parameters: secrets,
    args: secrets,
  });
  const outer = new Error('The person was not made', { cause: failedQuery(cause, secrets) });
  const told = describeError(outer);
  t.match(told, { type: 'Error', code: '23505', table: 'users', constraint: 'users_email' });
  t.equal(
    told.message,
    'The person was not made: Failed query: insert into "users" ("email", "password_hash") ' +
      'values ($1, $2): duplicate key value violates unique constraint "users_email" (23505)',
  );
  t.match(told.stack, /^Error: The person was not made: .*\n {4}at .*describe-error\.test/);
  t.equal(told.stack.match(/\ncaused by: /g)?.length, 2);
  t.equal(told.stack.match(/\n {4}at .*failedQuery/g)?.length, 1, 'the frames of causes as well');
  t.notMatch(JSON.stringify(told), /ada@|argon2|very-secret/);
});

t.test('a value that looks like a frame of the stack is none', async (t) => {
  const error = failedQuery(postgresError('boom', { code: 'P0001' }), ['a\n    at very-secret']);
  t.notMatch(JSON.stringify(describeError(error)), 'very-secret');
});

t.test('data that Postgres cannot read is not repeated', async (t) => {
  const error = postgresError('invalid input syntax for type uuid: "very "quoted" secret"', {
    code: '22P02',
  });
  t.equal(describeError(error).message, 'invalid input syntax for type uuid: "…" (22P02)');
  t.notMatch(describeError(error).stack, 'secret');
});

t.test('a command of Redis is not repeated', async (t) => {
  const command = { name: 'set', args: ['key', 'very-secret'] };
  const error = Object.assign(new Error('READONLY You cannot write'), { command });
  t.same(Object.keys(describeError(error)), ['type', 'message', 'stack']);
});

t.test('the addresses of a host that cannot be reached are all told', async (t) => {
  const refused = ['::1', '127.0.0.1'].map((host) => new Error(`connect ECONNREFUSED ${host}`));
  const error = Object.assign(new AggregateError(refused), { code: 'ECONNREFUSED' });
  t.match(describeError(error), {
    type: 'AggregateError',
    code: 'ECONNREFUSED',
    message: 'connect ECONNREFUSED ::1; connect ECONNREFUSED 127.0.0.1',
    stack: /\n {4}at /,
  });
});

t.test('what an error repeats of its cause is told once', async (t) => {
  const cause = new Error('550 No such user');
  t.equal(describeError(new Error(cause.message, { cause })).message, '550 No such user');
});

t.test('a description is bounded, whatever the error is', async (t) => {
  const endless = new Error('x'.repeat(10_000));
  endless.cause = endless;
  const { message, stack } = describeError(endless);
  t.ok(message.length <= 2_000 && stack.length <= 8_000);
  const query = failedQuery(new Error('boom'), []);
  Object.assign(query, { query: 'x'.repeat(10_000) });
  t.equal(describeError(query).message, `Failed query: ${'x'.repeat(500)}: boom`);
  t.match(describeError('just text'), { type: 'string', message: 'just text' });
});

t.test('describing again what was described changes nothing', async (t) => {
  const error = failedQuery(postgresError('boom', { code: 'P0001' }), secrets);
  const { message, stack } = describeError(error);
  t.match(describeError(Object.assign(new Error(message), { stack })), { message, stack });
});
