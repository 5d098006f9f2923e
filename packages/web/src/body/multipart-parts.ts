import { HttpBody, HttpHeaders } from '@lamella/http';
import { ByteCursor } from '@lamella/net-core';
import { LimitError, UsageError } from '@lamella/service-core';
import type { MultipartEvent } from '../codec/multipart-decoder.ts';
import { MultipartDecoder } from '../codec/multipart-decoder.ts';
import { MultipartError } from '../codec/multipart-errors.ts';
import { parseParameterized } from '../shared/media-parameters.ts';
import type { MultipartBodyOptions } from './multipart-body-options.ts';
import { safeFileName } from './safe-file-name.ts';

/** One part of a form. */
export interface MultipartPart {
  /** Name of the field. */
  readonly name: string;
  /** Name of the file, made safe by `safeFileName`; `undefined` if the part is no file. */
  readonly fileName: string | undefined;
  /** Name of the file as the client sent it: never a path to anything. */
  readonly givenFileName: string | undefined;
  /** Type as the client says it, which may be wrong. Default `text/plain`, as RFC 7578 section 4.4 has it. */
  readonly contentType: string;
  /** Fields of the part. */
  readonly headers: HttpHeaders;
  /** Content, read once; passed over when the next part is asked for. */
  readonly body: HttpBody;
}

/** Reads the parts of a body, one at a time. */
export async function* readParts(
  body: HttpBody,
  boundary: string,
  limits: Required<MultipartBodyOptions>,
): AsyncGenerator<MultipartPart, void, undefined> {
  const run = new PartsRun(body, boundary, limits);
  try {
    for (let part = await run.nextPart(); part !== undefined; part = await run.nextPart()) yield part;
  } finally {
    body.cancel();
  }
}

class PartsRun {
  readonly #body: HttpBody;
  readonly #limits: Required<MultipartBodyOptions>;
  readonly #decoder: MultipartDecoder;
  #input = new ByteCursor(new Uint8Array(0));
  #bytes = 0;
  #parts = 0;
  /** Number of the part that data belong to; 0 between parts. */
  #current = 0;
  #partBytes = 0;
  #isFile = false;

  constructor(body: HttpBody, boundary: string, limits: Required<MultipartBodyOptions>) {
    this.#body = body;
    this.#limits = limits;
    this.#decoder = new MultipartDecoder(boundary, limits.maxPartHeaderBytes);
  }

  /** Passes over what is left of the part before. */
  async nextPart(): Promise<MultipartPart | undefined> {
    for (;;) {
      const event = await this.#nextEvent();
      if (event === undefined) return undefined;
      if (event.type === 'part') return this.#open(event.fields);
    }
  }

  #open(fields: readonly (readonly [string, string])[]): MultipartPart {
    const number = ++this.#parts;
    this.#check('maxParts', number);
    const headers = HttpHeaders.from(fields);
    const { name, givenFileName } = namesOf(headers);
    this.#current = number;
    this.#partBytes = 0;
    this.#isFile = givenFileName !== undefined;
    return {
      name,
      givenFileName,
      fileName: givenFileName === undefined ? undefined : safeFileName(givenFileName),
      contentType: headers.get('content-type') ?? 'text/plain',
      headers,
      body: HttpBody.fromSource({ read: () => this.#readOf(number), cancel: () => {} }),
    };
  }

  async #readOf(number: number): Promise<Uint8Array | undefined> {
    if (this.#current !== number) {
      throw new UsageError('the part is over; read it before the next one is asked for');
    }
    const event = await this.#nextEvent();
    return event?.type === 'data' ? event.bytes : undefined;
  }

  /** @returns `undefined` at the end. */
  async #nextEvent(): Promise<MultipartEvent | undefined> {
    try {
      for (;;) {
        const event = this.#decoder.decode(this.#input);
        if (event !== undefined) {
          this.#count(event);
          return event;
        }
        const chunk = await this.#body.read();
        if (chunk === undefined) {
          this.#decoder.receiveEnd();
          return undefined;
        }
        this.#bytes += chunk.length;
        this.#check('maxBytes', this.#bytes);
        this.#input = new ByteCursor(chunk);
      }
    } catch (error) {
      this.#body.cancel(error);
      throw error;
    }
  }

  #count(event: MultipartEvent): void {
    if (event.type === 'part-end') this.#current = 0;
    if (event.type !== 'data') return;
    this.#partBytes += event.bytes.length;
    this.#check(this.#isFile ? 'maxFileBytes' : 'maxFieldBytes', this.#partBytes);
  }

  #check(limit: keyof MultipartBodyOptions, observed: number): void {
    const maximum = this.#limits[limit];
    if (observed <= maximum) return;
    throw new LimitError({ limit, maximum, observed, facts: { layer: 'multipart', phase: 'body' } });
  }
}

/** RFC 7578 section 4.2; `filename*` must not be used there, so it is not looked at. */
function namesOf(headers: HttpHeaders): { readonly name: string; readonly givenFileName: string | undefined } {
  const { value, parameters } = parseParameterized(headers.get('content-disposition') ?? '') ?? {};
  const name = parameters?.get('name');
  if (value !== 'form-data' || name === undefined) {
    throw new MultipartError('LML_ERR_WEB_MULTIPART_NAME', 'a part has no Content-Disposition: form-data with a name');
  }
  // A trap for whoever puts fields into an object.
  if (name === '__proto__') throw new MultipartError('LML_ERR_WEB_MULTIPART_NAME', 'a part is called "__proto__"');
  const fileName = parameters?.get('filename');
  return { name: utf8(name), givenFileName: fileName === undefined ? undefined : utf8(fileName) };
}

/** Fields are one character a byte; browsers write names in UTF-8, and a quote in them as %22. */
function utf8(value: string): string {
  return Buffer.from(value, 'latin1').toString('utf8').replaceAll('%22', '"');
}
