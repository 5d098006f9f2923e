import { createReadStream, readFileSync, statSync } from 'node:fs';
import { HttpBody } from '@lamella/http';
import { CliError, EXIT, messageOf } from '../cli-error.ts';

/** One value of `-d` and its sisters. */
export interface DataPart {
  /** `data` and `binary` take `@file`, and `data` takes line ends out of it; `raw` takes the text as it is. */
  readonly type: 'data' | 'binary' | 'raw';
  readonly text: string;
}

/** What the options say that shall be sent. */
export interface ContentOptions {
  readonly data: readonly DataPart[];
  readonly json: readonly string[];
  readonly uploadFile: string | undefined;
}

/** The content of a request. */
export interface RequestContent {
  /** Method that goes with it, unless `-X` says otherwise. */
  readonly method: 'POST' | 'PUT';
  /** Fields that go with it, unless a header says otherwise. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Name of the file it comes from, for a URL that ends with a slash. */
  readonly fileName?: string;
  /** Makes the body, once for each time it is sent. @throws CliError if there is only one. */
  readonly open: () => HttpBody;
}

/**
 * The content that `-d`, `--json` or `-T` ask for; `@-` and `-T -` stand for the standard input.
 *
 * @remarks
 * As in curl: several `-d` are joined by `&`, and a file of `-d` loses its line ends and NULs, so that a list of lines in a file
 * becomes one form; `--data-binary`, `--json` and `-T` send files as they are.
 *
 * @throws CliError if a file can't be read, or the options contradict each other.
 */
export function requestContent({ data, json, uploadFile }: ContentOptions): RequestContent | undefined {
  const isGiven = [data.length > 0, json.length > 0, uploadFile !== undefined];
  if (isGiven.filter(Boolean).length > 1) throw new CliError('use one of -d, --json and -T', EXIT.usage);
  if (uploadFile !== undefined) return uploadFile === '-' ? uploadOfInput() : uploadOf(uploadFile);
  if (json.length > 0) {
    const parts = json.map((text) => bytesOf({ type: 'binary', text }));
    return posted(Buffer.concat(parts), [...typed('application/json'), ['Accept', 'application/json']]);
  }
  if (data.length === 0) return undefined;
  const parts = data.flatMap((part, index) => (index === 0 ? [bytesOf(part)] : [AMPERSAND, bytesOf(part)]));
  return posted(Buffer.concat(parts), typed('application/x-www-form-urlencoded'));
}

function posted(bytes: Buffer, headers: RequestContent['headers']): RequestContent {
  return { method: 'POST', headers, open: () => HttpBody.from(bytes) };
}

function typed(type: string): RequestContent['headers'] {
  return [['Content-Type', type]];
}

function bytesOf({ type, text }: DataPart): Uint8Array {
  if (type === 'raw' || !text.startsWith('@')) return Buffer.from(text, 'utf8');
  const bytes = fileBytes(text.slice(1));
  return type === 'binary' ? bytes : bytes.filter((byte) => !LINE_ENDS.has(byte));
}

function fileBytes(path: string): Buffer {
  return reading(path, () => readFileSync(path === '-' ? 0 : path));
}

function uploadOf(path: string): RequestContent {
  const size = reading(path, () => {
    const stats = statSync(path);
    if (stats.isDirectory()) throw new Error('it is a folder');
    return stats.isFile() ? stats.size : undefined; // a pipe does not know how long it is
  });
  const sized = size === undefined ? {} : { size };
  const fileName = path.split('/').at(-1) ?? '';
  return { method: 'PUT', headers: [], fileName, open: () => HttpBody.from(fileChunks(path), sized) };
}

/** The standard input comes once. */
function uploadOfInput(): RequestContent {
  let isSpent = false;
  return {
    method: 'PUT',
    headers: [],
    open() {
      if (isSpent) throw new CliError('the standard input can be sent only once', EXIT.cannotRewind);
      isSpent = true;
      return HttpBody.from(process.stdin as AsyncIterable<Uint8Array>); // without an encoding it gives buffers
    },
  };
}

async function* fileChunks(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: 64 * 1024 }) as AsyncIterable<Uint8Array>; // as above
  } catch (error) {
    throw unreadable(path, error);
  }
}

function reading<Value>(path: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): CliError {
  const name = path === '-' ? 'the standard input' : path;
  return new CliError(`cannot read ${name}: ${messageOf(error)}`, EXIT.readFailed, { cause: error });
}

const AMPERSAND = Buffer.from('&');
const LINE_ENDS: ReadonlySet<number> = new Set([0x0d, 0x0a, 0x00]);
