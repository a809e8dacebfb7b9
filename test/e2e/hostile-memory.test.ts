import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { eventually } from '@trellis/test/eventually';
import { createInstallation, setPlan } from '@trellis/test/installation';
import { type ApiProcess, startApiProcess, startWorkerProcess } from '@trellis/test/processes';
import { type RawReceiver, startRawReceiver } from '@trellis/test/raw-receiver';
import { type Account, signUp } from '@trellis/test/sign-up';
import { publishMany, subscribe } from '@trellis/test/subscribe';
import t, { type Test } from 'tap';
import { type HostileAnswer, pour, say } from './hostile-answers.ts';

/** Garbage would count as memory until the collector sees a need, which for buffers is at 64 MB. */
const collecting = '--expose-gc --import=data:text/javascript,setInterval(gc,100).unref()';
const gigabyte = 1e9;
const keptBytes = 16_384;
const growthBytesMax = 10_000_000;
const eventsPerRound = 3;
/** Rounds of the attack; each brings five answers for each event. */
const attackRounds = 4;
/** Rounds of ordinary work until the memory has stopped growing, or the worker leaks. */
const warmRoundsMax = 40;
/** So many in a row that differ by less than this. */
const steadyRounds = 5;
const steadyBytes = 1_000_000;

const letters = Buffer.alloc(65_536, 'x');
const page = 'An answer as others give it. '.repeat(800);
const ok = 'HTTP/1.1 200 OK\r\n';
// A hundred members of ten megabytes are one stream of a gigabyte (RFC 1952, 2.2).
const member = gzipSync(Buffer.alloc(gigabyte / 100));
const bomb = Buffer.concat(Array(100).fill(member));

function gzipped(body: Buffer): HostileAnswer {
  const head = `${ok}content-encoding: gzip\r\ncontent-length: ${body.length}\r\n\r\n`;
  return (socket) => {
    socket.write(head);
    socket.write(body);
  };
}

const ordinaryPage = say(`${ok}content-length: ${page.length}\r\n\r\n${page}`);
const compressedPage = gzipped(gzipSync(page));
const ordinary: Record<string, HostileAnswer> = Object.fromEntries(
  [1, 2, 3].flatMap((number) => [
    [`page ${number}`, ordinaryPage],
    [`compressed page ${number}`, compressedPage],
  ]),
);
const chunked = Buffer.concat([Buffer.from('10000\r\n'), letters, Buffer.from('\r\n')]);
const hostile: Record<string, HostileAnswer> = {
  'a gigabyte that is announced': pour(
    `${ok}content-length: ${gigabyte}\r\n\r\n`,
    letters,
    gigabyte,
  ),
  'a gigabyte in chunks': pour(`${ok}transfer-encoding: chunked\r\n\r\n`, chunked, gigabyte),
  'a gigabyte until the connection ends': pour(`${ok}connection: close\r\n\r\n`, letters, gigabyte),
  'a gzip bomb': gzipped(bomb),
  'the beginning of one': gzipped(member),
};

/** The resident memory of a process, as Linux tells it. */
function residentBytes(pid: number): number {
  const [, kilobytes] =
    /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1_024;
}

/** The most that it has while the work lasts. */
async function peakDuring(pid: number, work: Promise<unknown>): Promise<number> {
  let peak = residentBytes(pid);
  const timer = setInterval(() => {
    peak = Math.max(peak, residentBytes(pid));
  }, 5);
  try {
    await work;
  } finally {
    clearInterval(timer);
  }
  return peak;
}

interface Endpoints {
  api: ApiProcess;
  account: Account;
  receivers: { name: string; webhookId: string; receiver: RawReceiver }[];
}

async function openEndpoints(
  t: Test,
  api: ApiProcess,
  database: { appUrl: string },
  answers: Record<string, HostileAnswer>,
): Promise<Endpoints> {
  const account = await signUp(api);
  await setPlan(database, account.tenant.id, 'enterprise');
  const receivers = await Promise.all(
    Object.entries(answers).map(async ([name, answer]) => {
      const receiver = await startRawReceiver(t, answer);
      const { id: webhookId } = await subscribe(api, account, receiver.url);
      return { name, webhookId, receiver };
    }),
  );
  return { api, account, receivers };
}

/** Publishes, and waits until all of it is recorded as delivered. */
async function round({ api, account, receivers }: Endpoints): Promise<void> {
  await publishMany(api, account, eventsPerRound);
  for (const { webhookId } of receivers) {
    await eventually(
      async () => {
        const open = ['pending', 'failed'].map(async (status) => {
          const path = `/webhooks/${webhookId}/deliveries?limit=1&status=${status}`;
          return (await api.request('GET', path, account)).body.data.length;
        });
        return (await Promise.all(open)).every((count) => count === 0);
      },
      { timeoutMs: 60_000 },
    );
  }
}

const skip = process.platform !== 'linux' && 'the memory of a process is read from /proc';

/**
 * The worker is a process of its own, seen from outside. It is warmed up with ordinary answers, as
 * many at a time and larger than what is kept of one, until five rounds in a row take the same, so that
 * what the attack adds is its own. It collects its garbage all the while: the measure is what it
 * holds.
 */
t.test('huge answers take less than 10 MB of a worker', { skip }, async (t) => {
  const { env, database } = await createInstallation(t, 'postgres');
  const api = await startApiProcess(t, { env });
  const worker = await startWorkerProcess(t, {
    env: { ...env, NODE_OPTIONS: collecting },
  });
  const usual = await openEndpoints(t, api, database, ordinary);
  const attack = await openEndpoints(t, api, database, hostile);

  const peaks: number[] = [];
  const isSteady = () => {
    const last = peaks.slice(-steadyRounds);
    return last.length === steadyRounds && Math.max(...last) - Math.min(...last) < steadyBytes;
  };
  while (!isSteady() && peaks.length < warmRoundsMax) {
    peaks.push(await peakDuring(worker.pid, round(usual)));
  }
  t.ok(isSteady(), `ordinary work comes to a steady state in ${peaks.length} rounds`);
  const baseline = Math.max(...peaks.slice(-steadyRounds));
  let peak = 0;
  for (let count = 0; count < attackRounds; count++) {
    peak = Math.max(peak, await peakDuring(worker.pid, round(attack)));
  }
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);
  const growth = peak - baseline;
  t.ok(growth < growthBytesMax, `${megabytes(baseline)} MB grew by ${megabytes(growth)} MB`);

  for (const { name, webhookId, receiver } of attack.receivers) {
    const base = `/webhooks/${webhookId}/deliveries`;
    const { data } = (await api.request('GET', `${base}?status=delivered`, attack.account)).body;
    t.ok(receiver.requests.length >= attackRounds * eventsPerRound, name);
    const { body } = await api.request('GET', `${base}/${data[0].id}`, attack.account);
    const [attempt] = body.attemptList;
    t.match(attempt, { statusCode: 200, errorClass: null, responseTruncated: true }, name);
    t.equal(attempt.responseBody.length, keptBytes, name);
  }
});
