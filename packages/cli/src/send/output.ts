import { once } from 'node:events';
import type { WriteStream } from 'node:fs';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { CliError, EXIT, fileProblem } from '../cli-error.ts';
import { progressText } from './progress.ts';

/** Where the response goes. */
export interface Output {
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** Waits until everything is written. A file is made even if nothing was. */
  readonly close: () => Promise<void>;
  /** Gives up what was written, to begin anew. @returns False if somebody has read of it already. */
  readonly discard: () => Promise<boolean>;
}

/**
 * A file, with its progress on a terminal; or the standard output, for `-` and `undefined`.
 *
 * @remarks
 * A file that is there already is left alone until there is something to write: a request that fails destroys nothing.
 *
 * @param showsProgress - Whether the error output tells how far it is, if that is a terminal.
 * @param totalBytes - How many bytes will come, if that is known.
 */
export function openOutput(path: string | undefined, showsProgress: boolean, totalBytes?: number): Output {
  if (path === undefined || path === '-') return standardOutput();
  const progress = progressLine(showsProgress && process.stderr.isTTY, totalBytes);
  let file: OpenFile | undefined;
  const opened = (): OpenFile => {
    file ??= openFile(path);
    return file;
  };
  return {
    async write(bytes) {
      progress.add(bytes.length);
      await opened().write(bytes);
    },
    async close() {
      await opened().close();
      progress.end();
    },
    async discard() {
      return file === undefined || file.discard();
    },
  };
}

function standardOutput(): Output {
  let hasWritten = false;
  return {
    async write(bytes) {
      hasWritten = true;
      if (!process.stdout.write(bytes)) await once(process.stdout, 'drain');
    },
    async close() {},
    async discard() {
      return !hasWritten;
    },
  };
}

type OpenFile = Output;

function openFile(path: string): OpenFile {
  const file: WriteStream = createWriteStream(path);
  const failed = new Promise<never>((_resolve, reject) => {
    file.on('error', (error) => {
      reject(new CliError(`cannot write ${path}: ${fileProblem(error)}`, EXIT.writeFailed, { cause: error }));
    });
  });
  failed.catch(() => {}); // told by whatever waits for the file next
  return {
    async write(bytes) {
      if (!file.write(bytes)) await Promise.race([once(file, 'drain'), failed]);
    },
    async close() {
      file.end();
      await Promise.race([finished(file), failed]);
    },
    async discard() {
      if (!file.closed) await new Promise((resolve) => file.once('close', resolve).destroy());
      return true; // whoever opens it next empties it
    },
  };
}

/** How far it is, twice a second. */
function progressLine(isShown: boolean, totalBytes: number | undefined): { add(byteCount: number): void; end(): void } {
  if (!isShown) return { add() {}, end() {} };
  const startMs = performance.now();
  let receivedBytes = 0;
  let shownMs = startMs;
  const show = (end: string): void => {
    const text = progressText({ receivedBytes, totalBytes, elapsedMs: performance.now() - startMs });
    process.stderr.write(`\r${text}\x1b[K${end}`); // what is left of a longer line goes
  };
  return {
    add(byteCount) {
      receivedBytes += byteCount;
      if (performance.now() - shownMs < 500) return;
      shownMs = performance.now();
      show('');
    },
    end: () => show('\n'),
  };
}
