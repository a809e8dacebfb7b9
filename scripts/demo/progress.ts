export interface Progress {
  /** Shows how far it is; cheap enough to be called for every event. */
  update(published: number, delivered: number): void;
  /** A line of its own. */
  say(line: string): void;
  end(): void;
}

const barWidth = 24;
const redrawMs = 50;
const linesPerRun = 4;

/** Two bars in one line on a terminal; elsewhere a few plain lines. */
export function createProgress(total: number, output: NodeJS.WriteStream): Progress {
  return output.isTTY ? createBars(total, output) : createLines(total, output);
}

function createBars(total: number, output: NodeJS.WriteStream): Progress {
  let drawnAt = 0;
  const draw = (published: number, delivered: number) => {
    const line = `published ${bar(published, total)}  delivered ${bar(delivered, total)}`;
    output.write(`\r\x1b[2K${line}`);
  };
  return {
    update(published, delivered) {
      const now = performance.now();
      if (delivered < total && now - drawnAt < redrawMs) return;
      drawnAt = now;
      draw(published, delivered);
    },
    say: (line) => output.write(`\r\x1b[2K${line}\n`),
    end: () => output.write('\n'),
  };
}

function createLines(total: number, output: NodeJS.WriteStream): Progress {
  let told = 0;
  return {
    update(published, delivered) {
      const step = Math.floor((delivered / total) * linesPerRun);
      if (step <= told) return;
      told = step;
      output.write(`published ${published}/${total}, delivered ${delivered}/${total}\n`);
    },
    say: (line) => output.write(`${line}\n`),
    end: () => undefined,
  };
}

function bar(done: number, total: number): string {
  const filled = Math.round((Math.min(done, total) / total) * barWidth);
  return `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)} ${done}/${total}`;
}
