import { connect } from 'node:net';
import t, { type Test } from 'tap';
import { startMailCatcher } from '../mail/mail-catcher.ts';
import { createMailbox } from '../mail/mailbox.ts';
import { startSmtpReceiver } from '../mail/smtp-receiver.ts';

const hostile = '<script>document.title = "taken"</script>';

/** Speaks SMTP by hand, and resolves to the reply to the message, or to the first that refuses. */
function sendMail(smtpUrl: string, lines: string[]): Promise<string> {
  const { hostname, port } = new URL(smtpUrl);
  const steps = [
    'EHLO test',
    'MAIL FROM:<sender@example.com>',
    'RCPT TO:<ada@example.com>',
    'DATA',
    [...lines, '.'].join('\r\n'),
  ];
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) });
    let reply = '';
    socket.once('error', reject);
    socket.on('data', (chunk) => {
      reply += chunk;
      if (!/^\d{3} .*\r\n$/m.test(reply)) return;
      const last = reply.trim().split('\r\n').at(-1) ?? '';
      reply = '';
      const next = /^[45]/.test(last) ? undefined : steps.shift();
      if (next !== undefined) return socket.write(`${next}\r\n`);
      socket.end();
      resolve(last);
    });
  });
}

const mailOf = (subject: string, html: string): string[] => [
  `Subject: ${subject}`,
  'MIME-Version: 1.0',
  'Content-Type: multipart/alternative; boundary=part',
  '',
  '--part',
  'Content-Type: text/plain; charset=utf-8',
  '',
  'Open http://localhost:3000/verify-email#token=abc now.',
  '--part',
  'Content-Type: text/html; charset=utf-8',
  '',
  html,
  '--part--',
];

async function start(t: Test) {
  const catcher = await startMailCatcher({ port: 0 });
  t.teardown(() => catcher.stop());
  const get = async (path: string, init?: RequestInit) => {
    const response = await fetch(catcher.pageUrl + path, init);
    const policy = response.headers.get('content-security-policy') ?? '';
    return { status: response.status, policy, text: await response.text() };
  };
  return { catcher, get };
}

t.test('a mail is shown as a list, as a page and as JSON', async (t) => {
  const { catcher, get } = await start(t);
  t.match(await get('/'), { status: 200, text: /No mail was sent yet/ });
  t.match(await sendMail(catcher.smtpUrl, mailOf('Hello', '<p>Hi <b>Ada</b></p>')), /^250 /);

  const list = await get('/');
  t.match(list.text, /<a href="\/messages\/1">Hello<\/a>/);
  t.match(list.text, /http-equiv="refresh"/, 'it looks again by itself');
  const page = await get('/messages/1');
  t.match(page.text, /<a href="http:\/\/localhost:3000\/verify-email#token=abc"/);
  t.match(page.text, /Subject: Hello/, 'with the headers');
  t.match(page.text, /<iframe[^>]+src="\/messages\/1\.html"\s+sandbox="/);
  t.match((await get('/messages/1.html')).text, /<p>Hi <b>Ada<\/b><\/p>/);
  const [mail] = JSON.parse((await get('/messages.json')).text);
  t.match(mail, {
    id: 1,
    from: 'sender@example.com',
    to: ['ada@example.com'],
    subject: 'Hello',
    text: /verify-email#token=abc/,
    html: /<b>Ada<\/b>/,
  });
});

t.test('a script in a mail runs nowhere', async (t) => {
  const { catcher, get } = await start(t);
  await sendMail(catcher.smtpUrl, mailOf(hostile, hostile));
  for (const path of ['/', '/messages/1']) {
    const { text, policy } = await get(path);
    t.notMatch(text, '<script', `${path} shows it as text`);
    t.match(text, '&#60;script&#62;');
    t.match(policy, /^default-src 'none'/);
    t.notMatch(policy, 'script-src');
  }
  const { text, policy } = await get('/messages/1.html');
  t.match(text, '<script', 'the frame shows what was sent');
  t.match(policy, /sandbox .*default-src 'none'/);
  t.notMatch(policy, /allow-scripts|allow-same-origin|script-src/);
  t.notMatch((await get('/messages/1')).text, /allow-scripts|allow-same-origin/);
});

t.test('a page of another site that takes the name of this machine reads nothing', async (t) => {
  const { catcher } = await start(t);
  const { hostname, port } = new URL(catcher.pageUrl);
  const reply = await new Promise<string>((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.once('error', reject);
    socket.once('data', (chunk) => {
      socket.destroy();
      resolve(String(chunk));
    });
    socket.write('GET /messages.json HTTP/1.1\r\nHost: evil.example\r\n\r\n');
  });
  t.match(reply, /^HTTP\/1\.1 403 /);
});

t.test('what is not there is 404, and nothing can be changed', async (t) => {
  const { get } = await start(t);
  for (const path of ['/messages/1', '/messages/1.html', '/messages/x', '/other']) {
    t.equal((await get(path)).status, 404, path);
  }
  t.equal((await get('/', { method: 'POST' })).status, 405);
});

t.test('only the last mails are kept', async (t) => {
  const mailbox = createMailbox(3);
  const mail = { from: '', to: [], receivedAt: '', text: '', html: '', headers: [] };
  for (let number = 1; number <= 5; number++) mailbox.add({ ...mail, subject: `mail ${number}` });
  t.same(
    mailbox.list().map(({ subject }) => subject),
    ['mail 5', 'mail 4', 'mail 3'],
  );
  t.equal(mailbox.find(2), undefined);
  t.match(mailbox.find(4), { subject: 'mail 4' });
});

t.test('a mail that is too large is refused, and the next one is taken', async (t) => {
  const subjects: string[] = [];
  const smtp = await startSmtpReceiver({
    sizeBytesMax: 2_000,
    onMail: ({ subject }) => subjects.push(subject),
  });
  t.teardown(() => smtp.stop());
  const long = Array.from({ length: 100 }, () => 'x'.repeat(70));
  t.match(await sendMail(smtp.url, ['Subject: long', '', ...long]), /^552 /);
  t.match(await sendMail(smtp.url, ['Subject: short', '', 'x']), /^250 /);
  t.same(subjects, ['short']);
});

t.test('a port that is taken is an error, and leaves nothing open', async (t) => {
  const { catcher } = await start(t);
  const port = Number(new URL(catcher.pageUrl).port);
  await t.rejects(startMailCatcher({ port }), { code: 'EADDRINUSE' });
});
