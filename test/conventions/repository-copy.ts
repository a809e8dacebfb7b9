import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Test } from 'tap';

const root = join(import.meta.dirname, '../..');
const leftOut = new Set(['.git', '.local', '.tap', '.pnpm', 'dist']);

/** The hash of each file, by path. */
export type Tree = Record<string, string>;

export interface RepositoryCopy {
  folder: string;
  tree(): Tree;
  /** Runs a script to its end. */
  run(
    script: string,
    args?: string[],
    env?: Record<string, string>,
  ): { status: number; output: string };
  /** Starts a program, and resolves to what `ready` finds in its log. SIGTERM ends it with the test. */
  start(script: string, env: Record<string, string>, ready: RegExp): Promise<string>;
}

/** The repository in a folder of its own, with the packages that are installed here. */
export async function copyRepository(t: Pick<Test, 'teardown'>): Promise<RepositoryCopy> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'trellis-copy-')));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  // The links between the packages are relative, so in the copy they lead to the copies.
  await cp(root, folder, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (path) => !leftOut.has(basename(path)) && !path.endsWith('.tsbuildinfo'),
  });
  await symlink(join(root, 'node_modules/.pnpm'), join(folder, 'node_modules/.pnpm'), 'dir');
  return {
    folder,
    tree: () => readTree(folder),
    run: (script, args = [], env = {}) => {
      const result = spawnSync(...plainNode(script, args), {
        cwd: folder,
        env: { ...process.env, ...env },
        encoding: 'utf8',
      });
      return { status: result.status ?? 1, output: result.stdout + result.stderr };
    },
    start: (script, env, ready) => startProgram(t, folder, script, env, ready),
  };
}

/** tap has its loader in every process that a test starts, and not every tool runs with it. */
function plainNode(script: string, args: string[]): [command: string, args: string[]] {
  const call = [process.execPath, script, ...args];
  if (process.platform === 'win32') return [process.execPath, call.slice(1)];
  return ['env', ['-u', 'NODE_OPTIONS', ...call]];
}

function readTree(folder: string): Tree {
  const files = globSync(['**/*', '**/.*'], {
    cwd: folder,
    withFileTypes: true,
    exclude: (entry) => entry.name === 'node_modules',
  });
  const paths = files
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(
    paths.map((path) => [
      path.slice(folder.length + 1).replaceAll('\\', '/'),
      createHash('sha256').update(readFileSync(path)).digest('hex'),
    ]),
  );
}

function startProgram(
  t: Pick<Test, 'teardown'>,
  cwd: string,
  script: string,
  env: Record<string, string>,
  ready: RegExp,
): Promise<string> {
  const child = spawn(...plainNode(script, []), {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  t.teardown(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  let output = '';
  return new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        const found = ready.exec(output)?.[1];
        if (found !== undefined) resolve(found);
      });
    }
    child.once('close', (code) => reject(new Error(`${script} ended with ${code}: ${output}`)));
  });
}
