import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { guardProcess } from '@trellis/local/guard';
import type { Test } from 'tap';
import { type Api, send } from './api.ts';
import { collectEvidence } from './evidence.ts';
import type { TestEnv } from './settings.ts';

const apps = join(import.meta.dirname, '../../../apps');
/** Room for a slow machine: a process takes a second or two. */
const startMsMax = 90_000;
const outputLinesMax = 200;

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface AppProcess {
  pid: number;
  port: number;
  exited: Promise<Exit>;
  /** Sends the signal and answers how the process ended. */
  kill(signal: NodeJS.Signals): Promise<Exit>;
  /** The last lines that it wrote, for the message of a failure. */
  output(): string;
}

export type ApiProcess = AppProcess & Pick<Api, 'url' | 'request'>;

interface Program {
  script: string;
  /** The log line that says it is ready; the port is in it or beside it. */
  ready: RegExp;
}

/** `apps/api` as it runs in production: a process of its own, ended when the test ends. */
export async function startApiProcess(
  t: Pick<Test, 'teardown'>,
  { env }: { env: TestEnv },
): Promise<ApiProcess> {
  const script = join(apps, 'api/src/server.ts');
  const api = await start(t, { script, ready: /Server listening at http:\/\/[^:]+:(\d+)/ }, env);
  const url = `http://127.0.0.1:${api.port}`;
  return { ...api, url, request: (...call) => send(url, ...call) };
}

/** `apps/worker` as it runs in production. */
export function startWorkerProcess(
  t: Pick<Test, 'teardown'>,
  { env }: { env: TestEnv },
): Promise<AppProcess> {
  const script = join(apps, 'worker/src/worker.ts');
  return start(t, { script, ready: /"port":(\d+).*The worker runs/ }, env);
}

async function start(
  t: Pick<Test, 'teardown'>,
  program: Program,
  env: TestEnv,
): Promise<AppProcess> {
  const child = spawn(process.execPath, [program.script], {
    env: { ...inherited(), ...env, LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<Exit>((resolve) =>
    child.once('exit', (code, signal) => resolve({ code, signal })),
  );
  const guard = guardProcess(child.pid ?? 0, 'TERM');
  exited.then(() => guard.release());
  t.teardown(async () => {
    child.kill('SIGKILL');
    await exited;
    await guard.release();
  });
  const lines = collect(child);
  return {
    pid: child.pid ?? 0,
    port: await portOf(program, lines, exited),
    exited,
    kill: (signal) => {
      child.kill(signal);
      return exited;
    },
    output: () => lines.all.join('\n'),
  };
}

/** Nothing of the surroundings but what a process needs, and the mark of the test run. */
function inherited(): NodeJS.ProcessEnv {
  const kept = ['PATH', 'SystemRoot', 'TRELLIS_TEST_RUN'];
  return Object.fromEntries(kept.map((name) => [name, process.env[name]]));
}

interface Lines {
  all: string[];
  onLine: (line: string) => void;
}

function collect(child: ChildProcess): Lines {
  const lines: Lines = { all: [], onLine: () => {} };
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (line) => {
      collectEvidence('log', [line]);
      lines.all.push(line);
      if (lines.all.length > outputLinesMax) lines.all.shift();
      lines.onLine(line);
    });
  }
  return lines;
}

function portOf({ script, ready }: Program, lines: Lines, exited: Promise<Exit>): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${script} ${why}:\n${lines.all.join('\n')}`));
    const timer = setTimeout(fail, startMsMax, 'is not ready');
    lines.onLine = (line) => {
      const port = ready.exec(line)?.[1];
      if (!port) return;
      clearTimeout(timer);
      resolve(Number(port));
    };
    exited.then(() => {
      clearTimeout(timer);
      fail('ended');
    });
  });
}
