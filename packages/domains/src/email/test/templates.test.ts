import { linkIn } from '@trellis/test/mail-server';
import t from 'tap';
import type { Mails, MailTemplate } from '../mails.ts';
import { typed } from '../plain.ts';
import { mailTemplates, renderMail } from '../render-mail.ts';

const link = 'https://app.example.com/page#token=a-b_c';
const at = '2026-11-23T01:46:00.000Z';

/** Each mail, with `name` for whatever people type. */
const mailsFor = (name: string): Mails => ({
  welcome: { name, tenantName: name, link },
  'verify-email': { name, tenantName: name, link },
  'reset-password': { name, link, ip: '203.0.113.7' },
  'security-notice': { name, change: 'Your password was changed', at, ip: '203.0.113.7' },
  invitation: { inviter: name, tenantName: name, link, expiresAt: at },
  'webhook-disabled': { url: 'https://hooks.example.com/x', tenantName: name, reason: 'Gone.' },
});

const withLink: MailTemplate[] = ['welcome', 'verify-email', 'reset-password', 'invitation'];

for (const template of mailTemplates) {
  const render = (name: string) => renderMail(template, mailsFor(name)[template]);

  t.test(`${template} says the same as text and as HTML`, async (t) => {
    const { subject, text, html } = render('Ada Lovelace');
    t.ok(subject.length > 5 && subject.length < 100, subject);
    t.match(text, 'Ada Lovelace');
    t.match(html, 'Ada Lovelace');
    const words = (of: string) => new Set(of.match(/[\p{L}\d]+/gu));
    const body = html.replace(/^.*<body[^>]*>/s, '').replaceAll(/<[^>]+>/g, ' ');
    t.same([...words(text).difference(words(body))], [], 'nothing is in the text alone');
    t.notMatch(html, /<img|<script|url\(|http-equiv/i, 'nothing is loaded');
    if (withLink.includes(template)) t.equal(linkIn({ text, html }), link);
    else t.notMatch(html, '<a ');
  });

  t.test(`${template} lets a name be no markup, no header and no line of its own`, async (t) => {
    const name =
      '<script>alert(1)</script>"\'&\r\nBcc: eve@example.com\n\nLog in here\u2028x\u202e';
    const { subject, text, html } = render(name);
    t.notMatch(subject, /[\p{Cc}\u2028\u2029\u202e]/u);
    t.notMatch(html, /<script|alert\(1\)<\/|"'/);
    t.match(html, '&#60;script&#62;alert(1)');
    t.notMatch(text, /^(Bcc|Log in here|x)/m);
    t.notMatch(text, /[\u2028\u202e\r]/);
    const lines = (of: string) => of.split('\n').length;
    t.equal(lines(text), lines(render('Ada').text));
  });

  t.test(`${template} makes no link of a name`, async (t) => {
    for (const name of ['https://evil.example/x', 'www.evil.example', 'win@evil.example']) {
      const { subject, text, html } = render(name);
      for (const part of [subject, text, html]) t.notMatch(part, /https:\/\/evil|evil\.example/);
    }
  });

  t.test(`${template} cuts a name that is very long`, async (t) => {
    const { subject, text } = render('x'.repeat(10_000));
    t.ok(subject.length < 200);
    t.ok(text.length < 2_000);
  });
}

t.test('a name without dots stays as it was typed', async (t) => {
  for (const name of ['Ada Lovelace', 'Zoë 李', 'Dr. No', 'A: B']) t.equal(typed(name), name);
});

t.test('who is asked to confirm learns who signed up, and may leave it', async (t) => {
  for (const template of ['welcome', 'verify-email'] as const) {
    const mail = { ...mailsFor('Eve')[template], tenantName: 'Evil Ltd' };
    const { text, html } = renderMail(template, mail);
    for (const part of [text, html]) {
      t.match(part, /the name Eve .* Evil Ltd/);
      t.match(part, /whoever knows (its|the) password/);
      t.match(part, 'If it was not you, do not confirm. You can ignore this mail.');
    }
  }
});

t.test('a security notice says when and from where', async (t) => {
  const mail = mailsFor('Ada')['security-notice'];
  const { text, html } = renderMail('security-notice', mail);
  for (const part of [text, html]) {
    t.match(part, 'When: Mon, 23 Nov 2026 01:46:00 UTC');
    t.match(part, 'From the address: 203.0.113.7');
    t.match(part, 'Your password was changed.');
  }
  t.match(renderMail('security-notice', { ...mail, ip: null }).text, 'From the address: unknown');
});

t.test('an invitation of nobody in particular is one all the same', async (t) => {
  const { text } = renderMail('invitation', { ...mailsFor('Acme').invitation, inviter: null });
  t.match(text, 'You are invited to join Acme.');
});

t.test('a mail of another release is an error', async (t) => {
  const unknown = 'toString' as MailTemplate;
  t.throws(() => renderMail(unknown, mailsFor('Ada').welcome), { message: /no mail "toString"/ });
});
