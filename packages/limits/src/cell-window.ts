import { cellsPerWindow, cellWidthOf } from './limit.ts';

/** The requests of one window, in this process. Times are those of one clock that only goes on. */
export class CellWindow {
  readonly #width: number;
  /** The cells in which something was counted, oldest first, and how much in each. */
  readonly #cells: number[] = [];
  readonly #counts: number[] = [];
  #sum = 0;

  constructor(windowMs: number) {
    this.#width = cellWidthOf(windowMs);
  }

  /** What counts at this moment. */
  sum(nowMs: number): number {
    const oldest = this.#cellAt(nowMs) - cellsPerWindow;
    let passed = 0;
    while ((this.#cells[passed] ?? oldest) < oldest) this.#sum -= this.#counts[passed++] ?? 0;
    if (passed > 0) {
      this.#cells.splice(0, passed);
      this.#counts.splice(0, passed);
    }
    return this.#sum;
  }

  add(cost: number, nowMs: number): void {
    const cell = this.#cellAt(nowMs);
    const last = this.#cells.length - 1;
    if (this.#cells[last] === cell) this.#counts[last] = (this.#counts[last] ?? 0) + cost;
    else {
      this.#cells.push(cell);
      this.#counts.push(cost);
    }
    this.#sum += cost;
  }

  /** In how many milliseconds at most `max` counts; 0 when it does now. */
  waitMs(max: number, nowMs: number): number {
    let over = this.sum(nowMs) - max;
    for (let index = 0; over > 0 && index < this.#cells.length; index++) {
      over -= this.#counts[index] ?? 0;
      const endMs = ((this.#cells[index] ?? 0) + cellsPerWindow + 1) * this.#width;
      if (over <= 0) return Math.ceil(endMs - nowMs);
    }
    return 0;
  }

  #cellAt(nowMs: number): number {
    return Math.floor(nowMs / this.#width);
  }
}
