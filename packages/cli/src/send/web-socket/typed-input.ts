import { clearLine, createInterface, cursorTo } from 'node:readline';
import type { SocketInput } from './socket-input.ts';

/**
 * Lines that somebody types. What is printed meanwhile stands above the line that is being typed; Ctrl+D ends the lines.
 *
 * @param onInterrupt - Hears of Ctrl+C.
 */
export function typedInput(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
  onInterrupt: () => void,
): SocketInput {
  const typing = createInterface({ input, output, prompt: '> ', terminal: true });
  let isClosed = false;
  typing.on('SIGINT', onInterrupt);
  typing.once('close', () => {
    isClosed = true;
  });
  const typed = typing[Symbol.asyncIterator](); // hears from now on: somebody may type before the lines are asked for
  typing.prompt();
  async function* lines(): AsyncGenerator<string> {
    for await (const line of typed) {
      yield line;
      if (!isClosed) typing.prompt();
    }
  }
  return {
    lines: lines(),
    closesAtEnd: true,
    async print(write) {
      clearLine(output, 0);
      cursorTo(output, 0);
      await write();
      if (!isClosed) typing.prompt(true);
    },
    close() {
      if (isClosed) return;
      clearLine(output, 0); // nobody is asked for a line any more
      cursorTo(output, 0);
      typing.close();
    },
  };
}
