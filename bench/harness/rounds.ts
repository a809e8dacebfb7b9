/** What one side did in one round; `rate` is what is compared, the rest is measured beside it. */
export type Sample = { rate: number } & Record<string, number>;

export interface Side {
  name: string;
  measure(): Promise<Sample>;
}

export interface Compared {
  reference: Sample[];
  trellis: Sample[];
}

/**
 * Measures both sides in every round, one after the other, so that what else the machine does
 * meets both. Who goes first changes each round. A first round warms up and is not counted, unless
 * all is warm already.
 */
export async function compare(
  rounds: number,
  reference: Side,
  trellis: Side,
  isWarm = false,
): Promise<Compared> {
  const samples = new Map<Side, Sample[]>([
    [reference, []],
    [trellis, []],
  ]);
  for (let round = isWarm ? 1 : 0; round <= rounds; round++) {
    const order = round % 2 === 0 ? [reference, trellis] : [trellis, reference];
    for (const side of order) {
      const sample = await side.measure();
      if (round > 0) samples.get(side)?.push(sample);
    }
  }
  return { reference: samples.get(reference) ?? [], trellis: samples.get(trellis) ?? [] };
}
