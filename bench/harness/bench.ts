import type { Lifecycle } from '../../scripts/local/lifecycle.ts';

export interface BenchContext {
  lifecycle: Lifecycle;
  rounds: number;
}

/** One file of bench/, by whose name it is run. */
export interface Bench {
  /** One line for the list. */
  summary: string;
  /** How many rounds it makes when nothing is said; 5 without. */
  rounds?: number;
  /** Prints what it measured. */
  run(context: BenchContext): Promise<void>;
}
