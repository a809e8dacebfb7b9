import { isId } from '@trellis/core/ids';
import type { Platform } from '../platform.ts';
import { presentKey, publicPem } from './make-key.ts';
import { readInTurn } from './read-in-turn.ts';
import { listSigningKeys, type SigningKey } from './repository.ts';
import { ensureSigner, findSigner, isAcceptedAt, signingKeysChanged } from './rotate-keys.ts';
import type { TokenKeys } from './token-keys.ts';

/** The backstop for a lost message. */
const keptMs = 60_000;
/** While no change is heard of, and after a reading that failed. */
const unsureMs = 1_000;
/** Between two readings, so that tokens with made-up key ids cannot hammer Postgres. */
const pauseMs = 500;

interface RingKey extends SigningKey {
  pem: string;
}

type Needs = Pick<Platform, 'db' | 'changes' | 'secrets' | 'clock' | 'log'>;

/** ES256: keys of the database, kept in memory. What is known goes on while Postgres is away. */
export function createKeyRing(needs: Needs): TokenKeys {
  const { db, changes, clock, log } = needs;
  let known: ReadonlyMap<string, RingKey> = new Map();
  let begunMs = Number.NEGATIVE_INFINITY;
  let hasFailed = false;

  const read = readInTurn(pauseMs, async () => {
    const keys = await db.asSystem((tx) => listSigningKeys(tx, clock.now()));
    known = new Map(keys.map((key) => [key.id, { ...key, pem: publicPem(key) }]));
  });
  const readInBackground = () => {
    begunMs = performance.now();
    read().then(
      () => {
        hasFailed = false;
      },
      (err) => {
        if (!hasFailed) log.warn({ err }, 'Signing keys cannot be read; those known go on.');
        hasFailed = true;
      },
    );
  };
  changes.on(signingKeysChanged, readInBackground);
  changes.onConnect(readInBackground);

  const ring = (): ReadonlyMap<string, RingKey> => {
    const lifeMs = hasFailed || !changes.isListening() ? unsureMs : keptMs;
    if (performance.now() >= begunMs + lifeMs) readInBackground();
    return known;
  };
  const accepted = (key: RingKey | undefined): RingKey | undefined =>
    key && isAcceptedAt(key, clock.now()) ? key : undefined;
  const published = () => [...ring().values()].filter(accepted).map(presentKey);

  return {
    signingKey: async (tx) =>
      findSigner(needs, ring().values(), clock.now()) ?? ensureSigner(tx, needs),
    async verificationKey(id) {
      if (!isId(id)) return undefined;
      if (!ring().has(id)) await read();
      const key = accepted(known.get(id));
      return key && { id, key: key.pem };
    },
    isAccepted: (id) => accepted(ring().get(id)) !== undefined,
    async published() {
      if (published().length === 0) {
        await db.asSystem((tx) => ensureSigner(tx, needs));
        await read();
      }
      return published();
    },
  };
}
