import { backends } from '@trellis/test/settings';
import t from 'tap';
import { survivePostgres } from './survive-postgres.ts';

t.test(
  'Postgres is killed while Redis goes on, and comes back',
  { skip: backends.includes('redis') ? false : 'there is no Redis here' },
  (t) => survivePostgres(t, 'redis'),
);
