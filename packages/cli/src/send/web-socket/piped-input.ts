import { LineSplitter } from './line-splitter.ts';
import type { SocketInput } from './socket-input.ts';

/** A stream of bytes, such as the standard input. */
export interface InputStream extends AsyncIterable<Uint8Array> {
  readonly destroy: () => void;
}

/** Lines of a file or a pipe; the next chunk is read when the lines of the one before have been taken. */
export function pipedInput(stream: InputStream): SocketInput {
  let isClosed = false;
  async function* lines(): AsyncGenerator<string> {
    const splitter = new LineSplitter(MAX_LINE_BYTES);
    try {
      for await (const chunk of stream) yield* splitter.push(chunk);
    } catch (error) {
      if (isClosed) return; // which is what has broken it off
      throw error;
    }
    const rest = splitter.end();
    if (rest !== undefined) yield rest;
  }
  return {
    lines: lines(),
    closesAtEnd: false,
    print: (write) => write(),
    close() {
      isClosed = true;
      stream.destroy();
    },
  };
}

const MAX_LINE_BYTES = 16_777_216;
