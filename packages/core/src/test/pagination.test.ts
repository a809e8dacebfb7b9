import { newId } from '@trellis/core/ids';
import { decodeCursor, encodeCursor, toPage } from '@trellis/core/pagination';
import t from 'tap';

t.test('a cursor holds the last id of a page', async (t) => {
  for (let count = 0; count < 100; count++) {
    const id = newId();
    t.equal(decodeCursor(encodeCursor(id)), id);
  }
  t.match(encodeCursor(newId()), /^[\w-]+$/, 'it needs no escaping in a URL');
});

t.test('what is no cursor is refused', async (t) => {
  const id = newId();
  const encode = (text: string) => Buffer.from(text).toString('base64url');
  const wrong = ['', 'x', id, encode(''), encode('1'), encode(`${id} `), encode(id.toUpperCase())];
  for (const cursor of [...wrong, encode(`${id}' or 1=1`), encode(`${id}\0`), '\0', '😀']) {
    t.throws(() => decodeCursor(cursor), { code: 'invalid_cursor', status: 400 });
  }
});

t.test('a page is cut from one row more', async (t) => {
  const rows = [newId(), newId(), newId()].map((id) => ({ id }));
  const present = ({ id }: { id: string }) => id;
  t.same(toPage([], 2, present), { data: [], nextCursor: null });
  t.same(toPage(rows.slice(0, 2), 2, present), {
    data: rows.slice(0, 2).map(present),
    nextCursor: null,
  });
  const page = toPage(rows, 2, present);
  t.same(page.data, rows.slice(0, 2).map(present));
  t.equal(decodeCursor(page.nextCursor ?? ''), rows[1]?.id);
});

t.test('ids sort by the time they were made', async (t) => {
  const ids = Array.from({ length: 1_000 }, newId);
  t.same(ids.toSorted(), ids);
  t.equal(new Set(ids).size, ids.length);
});
