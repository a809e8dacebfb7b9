import { createHash } from 'node:crypto';
import { startApi } from '@trellis/test/api';
import { openLink } from '@trellis/test/link-page';
import t from 'tap';

const paths = ['/verify-email', '/reset-password', '/accept-invitation'];

t.test('the pages that mails lead to', async (t) => {
  const api = await startApi(t);

  for (const path of paths) {
    await t.test(`${path} is a page whose one script is its own`, async (t) => {
      const { status, headers, body } = await api.request('GET', `/${path}`);
      t.equal(status, 200);
      t.match(headers.get('content-type'), /^text\/html; charset=utf-8$/);
      const policy = headers.get('content-security-policy') ?? '';
      const [, style = ''] = /<style>(.*)<\/style>/s.exec(body) ?? [];
      const hash = createHash('sha256').update(style).digest('base64');
      t.same(policy.split('; '), [
        "default-src 'none'",
        "script-src 'self'",
        `style-src 'sha256-${hash}'`,
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ]);
      t.equal(headers.get('referrer-policy'), 'no-referrer');
      t.equal(body.match(/<script/g)?.length, 1);
      t.match(body, '<script type="module" src="link-page.js"></script>');
      t.notMatch(body, /\son\w+=|\sstyle=|javascript:/i, 'nothing that the policy would stop');
    });

    await t.test(`${path} is told what the link lacks`, async (t) => {
      const page = await openLink(api.url + path);
      t.match(page.says(), /not complete/);
      t.equal(page.isOpen(), false);
    });

    await t.test(`${path} shows what the API says of a token that is wrong`, async (t) => {
      const page = await openLink(`${api.url}${path}#token=wrong`);
      t.equal(page.says(), '', 'nothing is sent before somebody presses the button');
      await page.submit({ password: 'correct horse battery' });
      t.ok(page.says().length > 10 && !/no answer/.test(page.says()), page.says());
      t.equal(page.isOpen(), true);
    });
  }

  await t.test('the script is JavaScript that a browser takes', async (t) => {
    const { status, headers, body } = await api.request('GET', '//link-page.js');
    t.equal(status, 200);
    t.match(headers.get('content-type'), /^text\/javascript/);
    t.equal(headers.get('x-content-type-options'), 'nosniff');
    t.match(body, /location\.hash/);
  });

  await t.test('they are not part of the documented API', async (t) => {
    const { body } = await api.request('GET', '//docs/json');
    t.same(
      Object.keys(body.paths).filter((path) => [...paths, '/link-page.js'].includes(path)),
      [],
    );
  });
});
