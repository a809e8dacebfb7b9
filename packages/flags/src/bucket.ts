import { murmur3 } from './hash.ts';

const strategySeed = 0;
const variantSeed = 86_028_157;

/**
 * Where an id is in the rollouts of a group: from 0 to below 100, in steps of 0.01. Whole numbers
 * are the buckets of Unleash, less one; the digits behind the point are another part of the same
 * hash. A rollout lets in whoever is below it, so one that is raised keeps all that it had.
 */
export function positionOf(groupId: string, id: string): number {
  const hash = murmur3(`${groupId}:${id}`, strategySeed);
  return (hash % 100) + (Math.floor(hash / 100) % 100) / 100;
}

/** A number from 1 to `total`, as Unleash draws variants. */
export function drawOf(groupId: string, id: string, total: number): number {
  return (murmur3(`${groupId}:${id}`, variantSeed) % total) + 1;
}
