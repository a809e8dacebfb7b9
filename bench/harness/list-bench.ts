import postgres, { type Sql } from 'postgres';
import type { Lifecycle } from '../../scripts/local/lifecycle.ts';
import { startBenchServices } from './database.ts';
import { type BenchTrellis, startTrellis } from './trellis.ts';

/** A filter of a list, with the value of the nth request where it is not always the same. */
export interface Question {
  name: string;
  filter: (nth: number) => Record<string, string>;
  /** The same as SQL, to find where the deep page begins; only for what may have so many rows. */
  where?: string;
}

export interface ListBench {
  trellis: BenchTrellis;
  /** As the owner of the tables, to fill them. */
  owner: Sql;
}

/** What a bench of a long list begins with. */
export async function startListBench(lifecycle: Lifecycle): Promise<ListBench> {
  const services = await startBenchServices(lifecycle);
  const trellis = await startTrellis(lifecycle, services);
  const owner = postgres(services.ownerUrl, { max: 1, onnotice: () => undefined });
  lifecycle.onClose(() => owner.end({ timeout: 5 }));
  return { trellis, owner };
}
