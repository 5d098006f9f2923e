import { CliError, EXIT } from '../../cli-error.ts';

/** Makes lines of UTF-8 of bytes that may be split anywhere. A line ends with LF or CR LF, which are not part of it. */
export class LineSplitter {
  readonly #maxLineBytes: number;
  #parts: Uint8Array[] = [];
  #partBytes = 0;
  #count = 0;

  /** @param maxLineBytes - Longest line, in bytes. */
  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  /** @returns The lines that have ended. @throws CliError if one is too long, or no UTF-8. */
  *push(chunk: Uint8Array): Generator<string> {
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      this.#add(chunk.subarray(start, end));
      yield this.#take();
      start = end + 1;
    }
    this.#add(chunk.subarray(start));
  }

  /** @returns What is left, if the last line has no end. @throws CliError if it is no UTF-8. */
  end(): string | undefined {
    return this.#partBytes === 0 ? undefined : this.#take();
  }

  #add(part: Uint8Array): void {
    if (part.length === 0) return;
    this.#partBytes += part.length;
    if (this.#partBytes > this.#maxLineBytes) {
      throw new CliError(
        `line ${this.#count + 1} of the input has more than ${this.#maxLineBytes} bytes`,
        EXIT.tooLarge,
      );
    }
    this.#parts.push(part);
  }

  #take(): string {
    const bytes = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#partBytes = 0;
    this.#count++;
    const line = bytes.at(-1) === CR ? bytes.subarray(0, -1) : bytes;
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(line);
    } catch (cause) {
      throw new CliError(`line ${this.#count} of the input is no UTF-8, which messages of text are`, EXIT.readFailed, {
        cause,
      });
    }
  }
}

const CR = 0x0d;
const LF = 0x0a;
