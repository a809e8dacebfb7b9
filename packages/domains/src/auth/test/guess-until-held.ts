import type { Api, Reply } from '@trellis/test/api';

/**
 * Guesses until it is held back, and answers the statuses of what came before. The first wait is a
 * second, which may be over when a slow machine has come to the next guess; each wait is twice as
 * long as the one before. From then on all that waits does so for an hour.
 */
export async function guessUntilHeld(
  { app }: Pick<Api, 'app'>,
  guess: () => Promise<Pick<Reply, 'status'>>,
): Promise<number[]> {
  const statuses: number[] = [];
  for (;;) {
    const { status } = await guess();
    if (status === 429) break;
    statuses.push(status);
  }
  await app.platform.db.asSystem(
    (tx) => tx.sql`
      update login_throttles set blocked_until = now() + interval '1 hour'
      where blocked_until > 'epoch'`,
  );
  return statuses;
}
