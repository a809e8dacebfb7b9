import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { guardProcess } from '@trellis/local/guard';
import { readKept } from '@trellis/local/kept-file';
import { listFailures } from './list-failures.ts';

export interface Tally {
  passed: number;
  failed: number;
  /** Skipped, or still to be written. */
  skipped: number;
}

export interface TapOptions {
  root: string;
  /** Files and options for tap, which runs all files of .taprc when there are none. */
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  /** Where tap writes the whole of its results. */
  outputFile: string;
  /** Ends the run. */
  signal: AbortSignal;
}

/** tap's own count over all assertions, the last line but one or two of its results. */
const COUNT = /^# \{ (total: .*) \}$/gm;
const STOP_MS_MAX = 10_000;

/** Runs tap, with its report on this terminal, and resolves to what it counted. */
export async function runTap(options: TapOptions): Promise<Tally> {
  const code = await spawnTap(options);
  const results = readKept(options.outputFile) ?? '';
  const tally = readTally(results);
  if (process.stdout.isTTY !== true) for (const line of listFailures(results)) console.log(line);
  // A file that ends badly after its last assertion, or one that does not exist.
  if (code !== 0 && tally.failed === 0) return { ...tally, failed: 1 };
  return tally;
}

function readTally(results: string): Tally {
  const count = [...results.matchAll(COUNT)].at(-1)?.[1] ?? '';
  const fields = new Map<string, number>();
  for (const [, name = '', number] of count.matchAll(/(\w+): (\d+)/g)) {
    fields.set(name, Number(number));
  }
  const field = (name: string) => fields.get(name) ?? 0;
  return {
    passed: field('pass'),
    failed: field('fail'),
    skipped: field('skip') + field('todo'),
  };
}

export function describeTally({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

function spawnTap({ root, args, env, outputFile, signal }: TapOptions): Promise<number> {
  // The report that redraws itself is for terminals; elsewhere the failures in full are enough.
  const isChosen = args.some((arg) => /^(-R|--reporter)/.test(arg));
  const isTerminal = process.stdout.isTTY === true;
  const reporter = isChosen || isTerminal ? [] : ['--reporter=min'];
  const child = spawn(
    process.execPath,
    [tapBinary(), `--output-file=${outputFile}`, ...reporter, ...args],
    {
      cwd: root,
      env,
      stdio: ['ignore', isTerminal ? 'inherit' : 'pipe', 'inherit'],
      // A group of its own, so that all of it can be ended.
      detached: process.platform !== 'win32',
    },
  );
  passOnPlain(child.stdout);
  const guard = child.pid === undefined ? undefined : guardProcess(-child.pid, 'TERM');
  return new Promise((resolve) => {
    let killTimer: NodeJS.Timeout | undefined;
    const stop = () => {
      child.kill('SIGTERM');
      killTimer = setTimeout(() => endGroup(child.pid), STOP_MS_MAX);
    };
    const finish = async (code: number) => {
      signal.removeEventListener('abort', stop);
      clearTimeout(killTimer);
      endGroup(child.pid);
      await guard?.release();
      resolve(code);
    };
    signal.addEventListener('abort', stop, { once: true });
    child.once('error', () => finish(1));
    // Not at its exit, when the last of its report may be still under way.
    child.once('close', (code) => finish(code ?? 1));
  });
}

/** The reporters move the cursor even where there is none. */
function passOnPlain(output: Readable | null): void {
  output?.setEncoding('utf8').on('data', (text: string) => {
    process.stdout.write(stripVTControlCharacters(text));
  });
}

function tapBinary(): string {
  return join(
    dirname(createRequire(import.meta.url).resolve('tap/package.json')),
    'dist/esm/run.mjs',
  );
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined || process.platform === 'win32') return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of the group is left, as it should be.
  }
}
