import { readFileSync, statSync } from 'node:fs';
import type { MultipartPart } from '@lamella/http';
import { HttpBody, multipartBody } from '@lamella/http';
import { CliError, EXIT } from '../cli-error.ts';
import { FileSource, unreadable } from './file-source.ts';
import type { FormField, FormPart } from './form-part.ts';
import { formPart } from './form-part.ts';

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
  readonly form: readonly FormField[];
  readonly uploadFile: string | undefined;
}

/** The content of a request. */
export interface RequestContent {
  /** Method that goes with it, unless `-X` says otherwise. */
  readonly method: 'POST' | 'PUT';
  /** Name of the file it comes from, for a URL that ends with a slash. */
  readonly fileName?: string;
  /** Whether the content can be made again. */
  readonly canRepeat: boolean;
  /** Makes the content, once for each request that it goes with. @throws CliError if there is only one. */
  readonly open: () => OpenedContent;
}

/** What goes with one request. */
export interface OpenedContent {
  /** Fields that go with it, unless a header says otherwise. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: HttpBody;
}

/**
 * The content that `-d`, `--json`, `-F` or `-T` ask for; `@-` and `-T -` stand for the standard input.
 *
 * @remarks
 * As in curl: several `-d` are joined by `&`, and a file of `-d` loses its line ends and NULs, so that a list of lines in a file
 * becomes one form; `--data-binary`, `--json` and `-T` send files as they are.
 *
 * @throws CliError if a file can't be read, or the options contradict each other.
 */
export function requestContent({ data, json, form, uploadFile }: ContentOptions): RequestContent | undefined {
  const isGiven = [data.length > 0, json.length > 0, form.length > 0, uploadFile !== undefined];
  if (isGiven.filter(Boolean).length > 1) throw new CliError('use one of -d, --json, -F and -T', EXIT.usage);
  if (form.length > 0) return formOf(form.map(formPart));
  if (uploadFile !== undefined) return uploadFile === '-' ? uploadOfInput() : uploadOf(uploadFile);
  if (json.length > 0) {
    const parts = json.map((text) => bytesOf({ type: 'binary', text }));
    return posted(Buffer.concat(parts), [...typed('application/json'), ['Accept', 'application/json']]);
  }
  if (data.length === 0) return undefined;
  const parts = data.flatMap((part, index) => (index === 0 ? [bytesOf(part)] : [AMPERSAND, bytesOf(part)]));
  return posted(Buffer.concat(parts), typed('application/x-www-form-urlencoded'));
}

function posted(bytes: Buffer, headers: OpenedContent['headers']): RequestContent {
  return { method: 'POST', canRepeat: true, open: () => ({ headers, body: HttpBody.from(bytes) }) };
}

function typed(type: string): OpenedContent['headers'] {
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
  const { open, canRepeat } = fileOf(path);
  const fileName = path.split('/').at(-1) ?? '';
  return { method: 'PUT', fileName, canRepeat, open: () => ({ headers: [], body: open() }) };
}

function uploadOfInput(): RequestContent {
  const { open, canRepeat } = inputOnce();
  return { method: 'PUT', canRepeat, open: () => ({ headers: [], body: open() }) };
}

/** Each request has a form of its own, with its own boundary. */
function formOf(parts: readonly FormPart[]): RequestContent {
  const input = inputOnce();
  const makers = parts.map((part) => partMaker(part, input));
  return {
    method: 'POST',
    canRepeat: makers.every(({ canRepeat }) => canRepeat),
    open() {
      const { body, contentType } = multipartBody(makers.map(({ open }) => open()));
      return { headers: typed(contentType), body };
    },
  };
}

/** Makes something any number of times, or once. */
interface Opener<Opened> {
  readonly open: () => Opened;
  readonly canRepeat: boolean;
}

function partMaker(part: FormPart, input: Opener<HttpBody>): Opener<MultipartPart> {
  const { name, from, value, contentType, fileName } = part;
  const facts = {
    name,
    ...(contentType === undefined ? {} : { contentType }),
    ...(fileName === undefined ? {} : { fileName }),
  };
  const text = { open: () => HttpBody.from(value), canRepeat: true };
  const { open, canRepeat } = from === 'text' ? text : value === '-' ? input : fileOf(value);
  return {
    canRepeat,
    open: () => {
      const body = open();
      return { ...facts, body, ...(body.size === undefined ? {} : { size: body.size }) };
    },
  };
}

/** A file that streams; it has to be there now. */
function fileOf(path: string): Opener<HttpBody> {
  const size = reading(path, () => {
    const stats = statSync(path);
    if (stats.isDirectory()) throw new Error('it is a folder');
    return stats.isFile() ? stats.size : undefined; // a pipe does not know how long it is
  });
  if (size !== undefined) {
    return { canRepeat: true, open: () => HttpBody.fromSource(new FileSource(path), { size }) };
  }
  return {
    canRepeat: false,
    open: () => {
      const source = new FileSource(path);
      return HttpBody.fromSource({ read: () => source.read(), cancel: () => source.cancel() }); // comes once
    },
  };
}

/** The standard input comes once. */
function inputOnce(): Opener<HttpBody> {
  let isSpent = false;
  return {
    canRepeat: false,
    open: () => {
      if (isSpent) throw new CliError('the standard input can be sent only once', EXIT.cannotRewind);
      isSpent = true;
      return HttpBody.from(process.stdin as AsyncIterable<Uint8Array>); // without an encoding it gives buffers
    },
  };
}

function reading<Value>(path: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw unreadable(path, error);
  }
}

const AMPERSAND = Buffer.from('&');
const LINE_ENDS: ReadonlySet<number> = new Set([0x0d, 0x0a, 0x00]);
