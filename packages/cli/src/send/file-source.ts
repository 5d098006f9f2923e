import type { ReadStream } from 'node:fs';
import { createReadStream } from 'node:fs';
import type { BodySource } from '@lamella/http';
import { CliError, EXIT, fileProblem } from '../cli-error.ts';

/** The content of a file, read while it is sent, and from its begin again if it has to be sent again. */
export class FileSource implements BodySource {
  readonly canClone = true;
  readonly #path: string;
  #stream: ReadStream | undefined;
  #chunks: AsyncIterator<Uint8Array> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  async read(): Promise<Uint8Array | undefined> {
    try {
      this.#stream ??= createReadStream(this.#path, { highWaterMark: 64 * 1024 });
      this.#chunks ??= this.#stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>; // without an encoding it gives buffers
      const { value, done } = await this.#chunks.next();
      return done === true ? undefined : value;
    } catch (error) {
      throw unreadable(this.#path, error);
    }
  }

  cancel(): void {
    this.#stream?.on('error', () => {}).destroy();
  }

  tryClone(): FileSource {
    return new FileSource(this.#path);
  }
}

/** What a file that can't be read ends the command with; `-` is the standard input. */
export function unreadable(path: string, error: unknown): CliError {
  const name = path === '-' ? 'the standard input' : path;
  return new CliError(`cannot read ${name}: ${fileProblem(error)}`, EXIT.readFailed, { cause: error });
}
