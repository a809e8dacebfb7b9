import { commandOf, isAlive, parentOf } from '@trellis/local/processes';

const SHELL = /^-?(\S*\/)?(sh|bash|dash|ash|ksh|zsh|fish)(\s|$)/;
const PACKAGE_MANAGER = /\b(npm|npx|pnpm|yarn|corepack)\b/;
const CHECK_MS = 1_000;

/**
 * Calls `onGone` when the package manager that runs this script has gone. One that is killed does
 * not pass that on, least of all `npx` through `pnpm`, and nobody could stop this script from its
 * terminal any more. The caller clears the timer.
 */
export function watchRunner(onGone: () => void): NodeJS.Timeout | undefined {
  const runner = findRunner();
  if (runner === undefined) return undefined;
  const check = () => {
    if (!isAlive(runner)) onGone();
  };
  return setInterval(check, CHECK_MS).unref();
}

/** The topmost package manager above this process, with only shells between. */
function findRunner(): number | undefined {
  let runner: number | undefined;
  for (let pid = process.ppid; pid > 1; pid = parentOf(pid)) {
    const command = commandOf(pid);
    // A shell's own arguments may name a package manager too.
    if (SHELL.test(command)) continue;
    if (!PACKAGE_MANAGER.test(command)) break;
    runner = pid;
  }
  return runner;
}
