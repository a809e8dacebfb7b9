import t from 'tap';
import { survivePostgres } from './survive-postgres.ts';

t.test('Postgres is killed, and comes back', (t) => survivePostgres(t, 'postgres'));
