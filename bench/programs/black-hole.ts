import { type AddressInfo, createServer, type Socket } from 'node:net';
import { answerBench } from '../harness/answer.ts';

/**
 * `open`: listens on so many ports more, and answers with their addresses. `count`: answers how
 * many connections it holds. `cut`: ends them.
 */
export type BlackHoleMessage = { kind: 'open'; ports: number } | { kind: 'count' | 'cut' };

export interface BlackHoleUrls {
  urls: string[];
}

export interface BlackHoleCount {
  connections: number;
}

const held = new Set<Socket>();

/** Takes connections and what comes over them, and never answers. */
async function listen(): Promise<string> {
  const server = createServer((socket) => {
    held.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => held.delete(socket));
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

answerBench<BlackHoleMessage>(async (message): Promise<BlackHoleUrls | BlackHoleCount> => {
  if (message.kind === 'open') {
    return { urls: await Promise.all(Array.from({ length: message.ports }, listen)) };
  }
  if (message.kind === 'cut') for (const socket of held) socket.destroy();
  return { connections: held.size };
});
