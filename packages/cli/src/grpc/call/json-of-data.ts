import { createReadStream } from 'node:fs';
import { CliError, EXIT, fileProblem } from '../../cli-error.ts';
import type { JsonText } from '../json/json-splitter.ts';
import { JsonSplitter } from '../json/json-splitter.ts';

/** A stream of bytes, such as the standard input. */
export interface DataStream extends AsyncIterable<Uint8Array> {
  readonly destroy: () => void;
}

/** JSON with what to call its origin in complaints. */
export interface JsonOfData extends JsonText {
  readonly where: string;
}

/** The JSON values that `--data` gives, as they come. */
export interface DataInput {
  readonly values: AsyncIterable<JsonOfData>;
  /** Nobody wants any more. */
  readonly close: () => void;
}

/**
 * Reads the values of `--data`: JSON itself, `@file`, and `@-` or `-` for the standard input. Each may hold several values.
 *
 * @param openInput - Opens the standard input.
 */
export function jsonOfData(data: readonly string[], openInput: () => DataStream): DataInput {
  const open = new Set<DataStream>();
  let isClosed = false;
  async function* values(): AsyncGenerator<JsonOfData> {
    for (const text of data) {
      const source = sourceOf(text);
      const stream = source.path === undefined ? [Buffer.from(text)] : streamOf(source.path, openInput);
      if (!Array.isArray(stream)) open.add(stream);
      try {
        for await (const value of split(stream)) yield { ...value, where: source.where };
      } catch (cause) {
        if (isClosed) return; // which is what has broken it off
        throw new CliError(`cannot read ${source.path ?? source.where}: ${fileProblem(cause)}`, EXIT.usage, { cause });
      }
    }
  }
  return {
    values: values(),
    close() {
      isClosed = true;
      for (const stream of open) stream.destroy();
    },
  };
}

interface DataSource {
  readonly where: string;
  /** `-` is the standard input; `undefined`: the text itself is meant. */
  readonly path?: string;
}

function sourceOf(text: string): DataSource {
  if (text === '-' || text === '@-') return { where: 'standard input', path: '-' };
  return text.startsWith('@') ? { where: text.slice(1), path: text.slice(1) } : { where: '--data' };
}

function streamOf(path: string, openInput: () => DataStream): DataStream {
  return path === '-' ? openInput() : createReadStream(path);
}

async function* split(stream: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<JsonText> {
  const splitter = new JsonSplitter();
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  for await (const chunk of stream) yield* splitter.push(decoder.decode(chunk, { stream: true }));
  yield* splitter.push(decoder.decode());
  const rest = splitter.end();
  if (rest !== undefined) yield rest;
}
