import { commonErrors } from '@trellis/core/common-errors';
import { defineErrors, ProblemError } from '@trellis/core/errors';
import t from 'tap';

const errors = defineErrors({
  too_late: { status: 409, title: 'It is too late', description: 'The door is closed.' },
});

t.test('a catalogue makes errors with their code', async (t) => {
  const error = errors.too_late();
  t.type(error, ProblemError);
  t.type(error, Error);
  t.match(error, { code: 'too_late', status: 409, title: 'It is too late' });
  t.equal(error.message, 'It is too late', 'the title, when there is nothing more to say');
  t.equal(errors.too_late('By an hour.').message, 'By an hour.');
  t.match(errors.definitions.too_late, { description: 'The door is closed.' });
});

t.test('an error keeps its cause and what goes with it', async (t) => {
  const cause = new Error('the clock');
  const error = errors.too_late('', { cause, retryAfterSeconds: 5, errors: [] });
  t.equal(error.cause, cause);
  t.match(error, { retryAfterSeconds: 5, errors: [] });
  t.notOk('cause' in errors.too_late(), 'none is none, not undefined');
});

t.test('the codes of the platform are those of HTTP', async (t) => {
  for (const [code, { status, title, description }] of Object.entries(commonErrors.definitions)) {
    t.match(code, /^[a-z]+(_[a-z]+)*$/);
    t.ok(status >= 400 && status < 600, code);
    t.ok(title.length > 0 && description.length > title.length / 2, code);
  }
});
