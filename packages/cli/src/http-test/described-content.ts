import type { HttpRequest } from '@lamella/http';
import { formBody, multipartBody } from '@lamella/web';
import type { NamedValues } from './parameters.ts';
import { valuesByName } from './parameters.ts';

/** What there is to say of the content of a request. */
export interface DescribedContent {
  /** The content as text, or as a `data:` URL if it is none; empty for forms, which stand below. */
  readonly data: string;
  /** Files of a form by the name of their field, as text or as a `data:` URL. */
  readonly files: NamedValues;
  /** Fields of a form. */
  readonly form: NamedValues;
  /** The value of a content that is JSON, else null; null as well if more than 64 arrays and objects stand in each other. */
  readonly json: unknown;
}

/**
 * Reads the content of a request, up to 1 MiB.
 *
 * @remarks
 * Forms are taken apart, all else is told as it came: JSON that is malformed is text. What is compressed stays so.
 *
 * @throws LimitError if there is more; MultipartError or RequestBodyError if a form is malformed.
 */
export async function describedContent(request: HttpRequest): Promise<DescribedContent> {
  const type = request.headers.has('content-encoding') ? '' : (request.headers.get('content-type') ?? '');
  if (FORM.test(type)) {
    const fields = await readForm(request);
    return { data: '', files: {}, form: fields, json: null };
  }
  if (MULTIPART.test(type)) return multipartContent(request);
  const bytes = await request.body.bytes({ maxBytes: MAX_BYTES });
  const text = textOf(bytes);
  return { data: text ?? dataUrl(bytes), files: {}, form: {}, json: jsonOf(text) };
}

async function multipartContent(request: HttpRequest): Promise<DescribedContent> {
  const form: [string, string][] = [];
  const files: [string, string][] = [];
  for await (const { name, givenFileName, contentType, body } of await readParts(request)) {
    const bytes = await body.bytes({ maxBytes: MAX_BYTES });
    const text = textOf(bytes) ?? dataUrl(bytes, contentType);
    (givenFileName === undefined ? form : files).push([name, text]);
  }
  return { data: '', files: valuesByName(files), form: valuesByName(form), json: null };
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function jsonOf(text: string | undefined): unknown {
  if (text === undefined || text === '') return null;
  try {
    const value: unknown = JSON.parse(text);
    return isShallow(value, MAX_DEPTH) ? value : null;
  } catch {
    return null;
  }
}

/** What is nested without end could not be written down again. */
function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((member) => isShallow(member, depth - 1));
}

function dataUrl(bytes: Uint8Array, type = 'application/octet-stream'): string {
  return `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;
}

const MAX_BYTES = 1_048_576;
const MAX_DEPTH = 64;
const FORM = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;
const MULTIPART = /^multipart\/form-data\s*(?:;|$)/i;
const readForm = formBody({ maxBytes: MAX_BYTES });
const readParts = multipartBody({ maxBytes: MAX_BYTES, maxFieldBytes: MAX_BYTES, maxFileBytes: MAX_BYTES });
