import { startApi } from '@trellis/test/api';
import { signUp } from '@trellis/test/sign-up';
import t from 'tap';
import { safeName } from '../safe-name.ts';
import { storageAccount } from './storage-account.ts';
import { upload } from './upload.ts';

t.test('a name keeps nothing that leads elsewhere or misleads', async (t) => {
  const names: Record<string, string> = {
    'report.pdf': 'report.pdf',
    'Zürich – 東京.txt': 'Zürich – 東京.txt',
    'Zu\u0308rich': 'Zürich',
    '../../etc/passwd': 'passwd',
    '/etc/shadow': 'shadow',
    'C:\\Windows\\system.ini': 'system.ini',
    '..': 'file',
    '.': 'file',
    '': 'file',
    ' ': 'file',
    '../': 'file',
    '....': 'file',
    '.htaccess': 'htaccess',
    ' . .env': 'env',
    'report.pdf. . ': 'report.pdf',
    'a\0b\u0007\r\nc.txt': 'abc.txt',
    'invoice\u202Efdp.exe': 'invoicefdp.exe',
    '\u2066a\u2069\u200B\uFEFF.txt': 'a.txt',
    'a<b>:"|?*.txt': 'a_b______.txt',
    CON: '_CON',
    'nul.tar.gz': '_nul.tar.gz',
    'com1.txt': '_com1.txt',
    'COM¹': '_COM¹',
    'CON .txt': '_CON .txt',
    CONIN$: '_CONIN$',
    'conout$.log': '_conout$.log',
    'a\u00ad\u034f\u3164b\u{e0041}\u180e\u200d.txt': 'ab.txt',
    '❤\ufe0f\u200d🔥 می\u200cخواهم क्\u200dष.txt': '❤\ufe0f\u200d🔥 می\u200cخواهم क्\u200dष.txt',
    'console.log': 'console.log',
    'half \ud800 a pair': 'half \ufffd a pair',
  };
  for (const [given, safe] of Object.entries(names)) t.equal(safeName(given), safe, given);
});

t.test('a name has at most 255 bytes, of whole characters, and keeps its extension', async (t) => {
  t.equal(safeName(`${'a'.repeat(300)}.pdf`), `${'a'.repeat(251)}.pdf`);
  t.equal(safeName('a'.repeat(255)), 'a'.repeat(255));
  t.equal(safeName('ü'.repeat(200)), 'ü'.repeat(127));
  const family = '👨‍👩‍👧‍👦';
  t.equal(safeName(family.repeat(20)), family.repeat(10), 'a family of 25 bytes stays together');
  t.equal(safeName(`a.${'b'.repeat(300)}`), `a.${'b'.repeat(253)}`, 'that is no extension');
  t.equal(safeName(`a${'\u0301'.repeat(300)}`), 'file', 'one character that is too long');
  for (const name of ['a'.repeat(300), `${'é'.repeat(300)}.jpeg`, family.repeat(99)]) {
    t.ok(Buffer.byteLength(safeName(name)) <= 255);
  }
});

t.test('an upload gets a safe name, and its object none at all', async (t) => {
  const api = await startApi(t);
  const account = await signUp(api);
  for (const options of [{ name: '../../etc/passwd' }, { rename: '../../etc/passwd' }]) {
    const { status, body } = await upload(api, account, 'root:x:0:0', options);
    t.match({ status, name: body.name }, { status: 201, name: 'passwd' });
    const { storage } = api.app.platform;
    t.equal(await storage.size(`files/${account.tenant.id}/${body.id}`), 10);
  }
  const { body } = await upload(api, account, 'a', { name: 'grün 東京.txt' });
  t.equal(body.name, 'grün 東京.txt', 'as browsers send it');
  const renamed = await upload(api, account, 'a', { name: 'a.txt', rename: 'Ünïcödé.txt' });
  t.equal(renamed.body.name, 'Ünïcödé.txt', 'the field `name` goes first');
  t.match(await storageAccount(api, account), { files: 4, uploads: 0 });
});
