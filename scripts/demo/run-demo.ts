import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createProgress, type Progress } from './progress.ts';
import { publishAll } from './publish-all.ts';
import { type Receiver, startReceiver } from './receiver.ts';
import { type Summary, summarise } from './summary.ts';
import {
  createTrellisClient,
  DemoError,
  ProblemError,
  type TrellisClient,
} from './trellis-client.ts';

export interface DemoOptions {
  url: string;
  events: number;
}

const concurrency = 32;
/** Lost is what has not come so long after the last one came. */
const patienceMs = 30_000;
/** A second delivery of an event would come within this. */
const lingerMs = 1_000;

/** Signs up, subscribes a receiver in this process, publishes, and waits for what arrives. */
export async function runDemo({ url, events }: DemoOptions): Promise<Summary> {
  const progress = createProgress(events, process.stdout);
  const client = createTrellisClient(url, concurrency, limitTeller(progress));
  const receiver = await startReceiver();
  try {
    await signUp(client);
    const { id, secret } = await subscribe(client, receiver.url);
    receiver.useSecret(secret);
    const sentAtMs = await publishAndWait({ client, receiver, events, progress });
    await client.call('DELETE', `/webhooks/${id}`);
    return summarise(sentAtMs, receiver.arrivals);
  } finally {
    await client.close();
    await receiver.close();
  }
}

/** Says so once, not for each of the requests that meet the limit together. */
function limitTeller(progress: Progress): (seconds: number) => void {
  let saidUntilMs = 0;
  return (seconds) => {
    if (performance.now() < saidUntilMs) return;
    saidUntilMs = performance.now() + seconds * 1_000;
    progress.say(`The rate limit of the tenant's plan is reached: waiting ${seconds} s.`);
  };
}

async function signUp(client: TrellisClient): Promise<void> {
  const { accessToken } = await client.call<{ accessToken: string }>('POST', '/auth/register', {
    tenantName: 'Demo shop',
    name: 'Demo owner',
    email: `demo-${randomBytes(6).toString('hex')}@example.com`,
    password: randomBytes(15).toString('base64url'),
  });
  client.useToken(accessToken);
}

async function subscribe(
  client: TrellisClient,
  url: string,
): Promise<{ id: string; secret: string }> {
  try {
    return await client.call('POST', '/webhooks', { url, events: ['order.*'] });
  } catch (error) {
    if (!(error instanceof ProblemError) || error.code !== 'url_refused') throw error;
    throw new DemoError(
      'This Trellis does not deliver to loopback, where the receiver of the demo is. Start it with `pnpm start`, or with WEBHOOK_ALLOW_CIDRS=127.0.0.0/8.',
      { cause: error },
    );
  }
}

interface Run {
  client: TrellisClient;
  receiver: Receiver;
  events: number;
  progress: Progress;
}

async function publishAndWait({ client, receiver, events, progress }: Run) {
  const { arrivals } = receiver;
  const timer = setInterval(() => progress.update(published, arrivals.size), 20);
  let published = 0;
  try {
    const sentAtMs = await publishAll({
      client,
      events,
      concurrency,
      onPublished: (count) => {
        published = count;
      },
    });
    await untilAllArrived(arrivals, events);
    return sentAtMs;
  } finally {
    clearInterval(timer);
    progress.update(published, arrivals.size);
    progress.end();
  }
}

async function untilAllArrived(arrivals: Receiver['arrivals'], events: number): Promise<void> {
  let seen = arrivals.size;
  let changedMs = performance.now();
  while (arrivals.size < events && performance.now() - changedMs < patienceMs) {
    await sleep(20);
    if (arrivals.size === seen) continue;
    seen = arrivals.size;
    changedMs = performance.now();
  }
  await sleep(lingerMs);
}
