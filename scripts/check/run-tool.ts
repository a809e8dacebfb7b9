import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface ToolResult {
  code: number;
  /** What it wrote to both outputs, in order. */
  output: string;
}

/** Runs a tool of node_modules/.bin, or node itself, without a terminal to ask at. */
export function runTool(name: string, args: readonly string[]): Promise<ToolResult> {
  const isNode = name === 'node';
  const command = isNode ? process.execPath : join(root, 'node_modules', '.bin', name);
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    // The tools are command files there.
    shell: process.platform === 'win32' && !isNode,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: 1, output: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
