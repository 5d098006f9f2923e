import { once } from 'node:events';
import type { WriteStream } from 'node:fs';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { CliError, EXIT, messageOf } from '../cli-error.ts';

/** Where the body goes. */
export interface Output {
  readonly write: (bytes: Uint8Array) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A file, with its progress on a terminal; or the standard output. */
export function openOutput(path: string | undefined): Output {
  return path === undefined ? standardOutput() : fileOutput(path);
}

function standardOutput(): Output {
  return {
    async write(bytes) {
      if (!process.stdout.write(bytes)) await once(process.stdout, 'drain');
    },
    async close() {},
  };
}

function fileOutput(path: string): Output {
  const file: WriteStream = createWriteStream(path);
  const failed = new Promise<never>((_resolve, reject) => {
    file.on('error', (error) => {
      reject(new CliError(`cannot write ${path}: ${messageOf(error)}`, EXIT.writeFailed, { cause: error }));
    });
  });
  failed.catch(() => {}); // told by whatever waits for the file next
  const progress = progressLine();
  return {
    async write(bytes) {
      progress.add(bytes.length);
      if (!file.write(bytes)) await Promise.race([once(file, 'drain'), failed]);
    },
    async close() {
      file.end();
      await Promise.race([finished(file), failed]);
      progress.end();
    },
  };
}

/** Bytes so far, on a terminal, twice a second. */
function progressLine(): { add(byteCount: number): void; end(): void } {
  if (!process.stderr.isTTY) return { add() {}, end() {} };
  let total = 0;
  let shownMs = performance.now();
  const show = (end: string): void => void process.stderr.write(`\r${(total / 2 ** 20).toFixed(1)} MiB received${end}`);
  return {
    add(byteCount) {
      total += byteCount;
      if (performance.now() - shownMs < 500) return;
      shownMs = performance.now();
      show('');
    },
    end: () => show('\n'),
  };
}
