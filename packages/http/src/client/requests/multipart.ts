import { UsageError } from '@lamella/service-core';
import type { BodySource } from '../../message/body-source.ts';
import { isFieldValue } from '../../message/field-syntax.ts';
import type { HttpBodyInit } from '../../message/http-body.ts';
import { HttpBody } from '../../message/http-body.ts';

/** One field or file of a form. */
export interface MultipartPart {
  /** Name of the field. */
  readonly name: string;
  /** Content; text is sent as UTF-8. */
  readonly body: HttpBodyInit | Blob;
  /** Name of the file, which makes the part one. Default: that of a `File`, else none. */
  readonly fileName?: string;
  /** Type of the content. Default: that of a `Blob`, else `application/octet-stream` for files and none for fields. */
  readonly contentType?: string;
  /** Number of bytes, if the content is a stream and it is known. Default: unknown, unless the content tells. */
  readonly size?: number;
}

/** What a form can be made of: parts in order, pairs such as a `FormData`, or an object of names and values. */
export type MultipartInit =
  | FormData
  | Iterable<MultipartPart | readonly [name: string, value: string | Blob]>
  | Readonly<Record<string, string | Blob>>;

/** A form as it is sent. */
export interface MultipartContent {
  readonly body: HttpBody;
  /** `multipart/form-data` with the boundary. */
  readonly contentType: string;
}

/**
 * Encodes a form as `multipart/form-data`. RFC 7578.
 *
 * @remarks
 * Streams are pulled one after the other, with nothing read ahead. The length is known if that of every part is; a small form whose
 * parts are all at hand is sent whole. A form can be sent again if each of its parts can. The boundary is drawn at random for each form, 122 bits of it, so that
 * no content can hold it by design.
 *
 * @throws UsageError if a name or a type holds what could end its line: nothing is escaped into something else.
 */
export function multipartBody(init: MultipartInit): MultipartContent {
  const boundary = `lamella-${crypto.randomUUID()}`;
  const parts = partsOf(init).map((part) => encodePart(part, boundary));
  const end = Buffer.from(`--${boundary}--\r\n`, 'latin1');
  return { body: bodyOf(parts, end), contentType: `multipart/form-data; boundary=${boundary}` };
}

interface EncodedPart {
  readonly head: Buffer;
  readonly body: HttpBody;
}

function partsOf(init: MultipartInit): MultipartPart[] {
  const entries: Iterable<unknown> = Symbol.iterator in init ? init : Object.entries(init);
  return Array.from(entries, (entry) => {
    if (!Array.isArray(entry)) return entry as MultipartPart; // the only other kind that the type allows
    const [name, body] = entry;
    return { name, body };
  });
}

function encodePart(part: MultipartPart, boundary: string): EncodedPart {
  const { name, body } = part;
  const blob = body instanceof Blob ? body : undefined;
  const fileName = part.fileName ?? (blob instanceof File ? blob.name : blob && 'blob');
  const ownType = blob?.type === '' ? undefined : blob?.type;
  const contentType = part.contentType ?? ownType ?? (fileName === undefined ? undefined : 'application/octet-stream');
  if (contentType !== undefined && !isFieldValue(contentType)) {
    throw new UsageError(`the type of part ${JSON.stringify(name)} holds a character that no field value may hold`);
  }
  const file = fileName === undefined ? '' : `; filename="${quotable(fileName)}"`;
  const type = contentType === undefined ? '' : `Content-Type: ${contentType}\r\n`;
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="${quotable(name)}"${file}\r\n${type}\r\n`;
  return { head: Buffer.from(head, 'utf8'), body: contentOf(part) };
}

function contentOf({ body, size }: MultipartPart): HttpBody {
  if (body instanceof Blob) return HttpBody.from(body.stream(), { size: body.size });
  return HttpBody.from(body, size === undefined ? {} : { size });
}

/** A quote is escaped as browsers do it; what would end the line is refused. */
function quotable(text: string): string {
  if (typeof text !== 'string' || CONTROLS.test(text)) {
    throw new UsageError('names of fields and files must be text without control characters');
  }
  return text.replaceAll('"', '%22');
}

function bodyOf(parts: readonly EncodedPart[], end: Buffer): HttpBody {
  const size = sizeOf(parts, end);
  if (size !== undefined && size <= MAX_WHOLE_BYTES) {
    const whole = wholeOf(parts, end);
    if (whole !== undefined) return HttpBody.from(whole);
  }
  return HttpBody.fromSource(new MultipartSource(parts, end), size === undefined ? {} : { size });
}

function sizeOf(parts: readonly EncodedPart[], end: Buffer): number | undefined {
  let size = end.length;
  for (const { head, body } of parts) {
    if (body.size === undefined) return undefined;
    size += head.length + body.size + 2;
  }
  return size;
}

/** All of it, if all of it is at hand. */
function wholeOf(parts: readonly EncodedPart[], end: Buffer): Uint8Array | undefined {
  if (!parts.every(({ body }) => body.isAtHand)) return undefined;
  const pieces: Uint8Array[] = [];
  for (const { head, body } of parts) {
    const content = body.takeWhole() ?? '';
    pieces.push(head, typeof content === 'string' ? Buffer.from(content, 'utf8') : content, CRLF);
  }
  return Buffer.concat([...pieces, end]);
}

class MultipartSource implements BodySource {
  readonly #parts: readonly EncodedPart[];
  readonly #end: Buffer;
  readonly #chunks: AsyncGenerator<Uint8Array, void, undefined>;

  constructor(parts: readonly EncodedPart[], end: Buffer) {
    this.#parts = parts;
    this.#end = end;
    this.#chunks = chunksOf(parts, end);
  }

  get canClone(): boolean {
    return this.#parts.every(({ body }) => body.canClone);
  }

  tryClone(): MultipartSource | undefined {
    const parts: EncodedPart[] = [];
    for (const { head, body } of this.#parts) {
      const copy = body.tryClone();
      if (copy === undefined) return undefined;
      parts.push({ head, body: copy });
    }
    return new MultipartSource(parts, this.#end);
  }

  async read(): Promise<Uint8Array | undefined> {
    const { value, done } = await this.#chunks.next();
    return done === true ? undefined : value;
  }

  cancel(reason: unknown): void {
    for (const { body } of this.#parts) body.cancel(reason);
  }
}

async function* chunksOf(parts: readonly EncodedPart[], end: Buffer): AsyncGenerator<Uint8Array, void, undefined> {
  for (const { head, body } of parts) {
    yield head;
    for (let chunk = await body.read(); chunk !== undefined; chunk = await body.read()) yield chunk;
    yield CRLF;
  }
  yield end;
}

const CRLF: Buffer = Buffer.from('\r\n', 'latin1');
const CONTROLS = /[\x00-\x1f\x7f]/;
const MAX_WHOLE_BYTES = 256 * 1024;
