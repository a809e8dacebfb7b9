/**
 * For a program that the bench starts: answers its messages with what `handle` resolves to.
 * Without a bench the program ends.
 */
export function answerBench<Message>(handle: (message: Message) => Promise<unknown>): void {
  process.on('message', (message) => {
    handle(message as Message).then(
      (reply) => process.send?.(reply),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  process.on('disconnect', () => process.exit());
  process.on('SIGTERM', () => process.exit());
}
