import { randomBytes } from 'node:crypto';
import { startApi } from '@trellis/test/api';
import { openLink } from '@trellis/test/link-page';
import { linkIn, startMailServer } from '@trellis/test/mail-server';
import { type Backend, backends } from '@trellis/test/settings';
import { password, signUp } from '@trellis/test/sign-up';
import { startWorker } from '@trellis/test/worker';
import t, { type Test } from 'tap';

type Running = Awaited<ReturnType<typeof prepare>>;

async function prepare(t: Test, backend: Backend) {
  const mailServer = await startMailServer(t);
  const api = await startApi(t, { backend });
  await startWorker(t, api, { SMTP_URL: mailServer.url });
  /** The link as it was mailed, but to the port that this API happens to have. */
  const linkTo = async (address: string, subject: RegExp) => {
    const link = linkIn(await mailServer.mailTo(address, subject));
    return link.replace(/^http:\/\/localhost:\d+/, api.url);
  };
  const logIn = (email: string, password: string) =>
    api.request('POST', '/auth/login', { body: { email, password } });
  return { api, linkTo, logIn };
}

for (const backend of backends) {
  t.test(`what is mailed arrives over SMTP, and its link works (${backend})`, async (t) => {
    const running = await prepare(t, backend);
    await t.test('a sign-up: the address is verified, once', (t) => verifies(t, running));
    await t.test('a forgotten password: the new one logs in', (t) => resets(t, running));
    await t.test('an invitation: somebody new joins and logs in', (t) => joins(t, running));
    await t.test('an invitation: somebody known joins with the password', (t) =>
      comesIn(t, running),
    );
  });
}

async function isVerified({ api }: Running, token: string): Promise<boolean> {
  return (await api.request('GET', '/auth/me', { token })).body.user.emailVerified;
}

async function verifies(t: Test, running: Running): Promise<void> {
  const { token, user } = await signUp(running.api);
  const link = await running.linkTo(user.email, /^Welcome/);
  t.match(new URL(link), { pathname: '/verify-email', search: '' });

  const page = await openLink(link);
  t.equal(page.isOpen(), true);
  t.equal(await isVerified(running, token), false, 'opening the link verifies nothing');
  await page.submit();
  t.match(page.says(), /is confirmed/);
  t.equal(page.isOpen(), false);
  t.equal(await isVerified(running, token), true);

  const again = await openLink(link);
  await again.submit();
  t.match(again.says(), /link|token/i, 'a second time it says why not');
  t.equal(again.isOpen(), true);
}

async function resets(t: Test, running: Running): Promise<void> {
  const { api, linkTo, logIn } = running;
  const { user } = await signUp(api);
  const { status } = await api.request('POST', '/auth/password/forgot', {
    body: { email: user.email },
  });
  t.equal(status, 202);
  const page = await openLink(await linkTo(user.email, /^Reset/));
  await page.submit({ password: 'short' });
  t.match(page.says(), /12 characters/, 'a password that will not do can be corrected');
  await page.submit({ password: 'a wholly new password' });
  t.match(page.says(), /password is changed/);
  t.equal((await logIn(user.email, 'a wholly new password')).status, 200);
  t.equal((await logIn(user.email, password)).status, 401);
}

async function joins(t: Test, { api, linkTo, logIn }: Running): Promise<void> {
  const owner = await signUp(api);
  const email = `new-${randomBytes(5).toString('hex')}@example.com`;
  const { status } = await api.request('POST', '/invitations', {
    token: owner.token,
    body: { email },
  });
  t.equal(status, 201);
  const page = await openLink(await linkTo(email, /^Invitation to Acme$/));
  t.equal(page.asksBecause(), undefined);
  await page.submit();
  t.equal(
    page.asksBecause(),
    'account_details_required',
    'somebody new is asked for a name and a password',
  );
  await page.submit({ name: '', password });
  t.equal(page.isOpen(), true, 'and again when one is missing');
  await page.submit({ name: 'Grace Hopper', password });
  t.match(page.says(), /You have joined/);
  t.match(await logIn(email, password), {
    status: 200,
    body: { tenant: { id: owner.tenant.id }, user: { email, name: 'Grace Hopper' } },
  });
}

async function comesIn(t: Test, running: Running): Promise<void> {
  const { api, linkTo, logIn } = running;
  const owner = await signUp(api);
  const { user } = await signUp(api, 'Other');
  await (await openLink(await linkTo(user.email, /^Welcome/))).submit();
  await api.request('POST', '/invitations', { token: owner.token, body: { email: user.email } });
  const page = await openLink(await linkTo(user.email, /^Invitation to Acme$/));
  await page.submit();
  t.equal(page.asksBecause(), 'account_exists', 'whose account it is, the link does not show');
  await page.submit({ password: 'not the right password' });
  t.match(page.says(), /password/i);
  t.equal(page.isOpen(), true);
  await page.submit({ password });
  t.match(page.says(), /You have joined/);
  const { body } = await api.request('POST', '/auth/login', {
    body: { email: user.email, password, tenantId: owner.tenant.id },
  });
  t.equal(body.tenant?.id, owner.tenant.id);
  t.equal((await logIn(user.email, password)).status, 200);
}
