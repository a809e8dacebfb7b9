import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { keep } from '@trellis/local/kept-file';
import { findPort } from '@trellis/local/ports';

export interface Addresses {
  port: number;
  workerPort: number;
  /** Where this machine reaches the API. */
  apiUrl: string;
}

/** A local receiver of webhooks is the usual one here; anywhere else loopback stays closed. */
const LOOPBACK = '127.0.0.0/8,::1/128';

/** Reads `.env`, whose values do not replace those of the environment. */
export function loadEnvFile(root: string): void {
  const path = join(root, '.env');
  if (existsSync(path)) process.loadEnvFile(path);
}

/**
 * Settings that are needed and that nobody has to think about on the first day. An empty one counts
 * as not given, as everywhere.
 */
export function localDefaults(localDirectory: string): NodeJS.ProcessEnv {
  const makeKey = () => `k1:${randomBytes(32).toString('base64')}`;
  return {
    SECRET_KEY: process.env.SECRET_KEY || keep(join(localDirectory, 'secret-key'), makeKey),
    STORAGE_URL: process.env.STORAGE_URL || `file:${join(localDirectory, 'files')}`,
    WEBHOOK_ALLOW_CIDRS: process.env.WEBHOOK_ALLOW_CIDRS || LOOPBACK,
  };
}

/** Finds the ports, and says so when one is not where it was expected. */
export async function findAddresses(): Promise<Addresses> {
  const port = await findOrSay('PORT', 3000, 'the API');
  const workerPort = await findOrSay('WORKER_PORT', 3001, "the worker's health");
  return { port, workerPort, apiUrl: `http://${reachableHost()}:${port}` };
}

/** For the page that shows the mail that was sent. */
export const findMailPort = (): Promise<number> =>
  findOrSay('MAIL_PORT', 3002, 'the page with the mail');

async function findOrSay(name: string, usual: number, what: string): Promise<number> {
  const wanted = readPort(name) ?? usual;
  // 0 asks for any free port.
  const port = await findPort(wanted === 0 ? [] : [wanted]);
  if (wanted !== 0 && port !== wanted)
    console.log(`Port ${wanted} is taken: ${what} is on port ${port}.`);
  return port;
}

function readPort(name: string): number | undefined {
  const text = process.env[name];
  if (text === undefined || text === '') return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port;
  throw new Error(`${name} is not a port: ${text}`);
}

function reachableHost(): string {
  const host = process.env.HOST ?? '';
  if (['', '0.0.0.0', '::', '127.0.0.1', '::1'].includes(host)) return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
