import type { HttpRequest, HttpResponse } from '@lamella/http';
import type { Service } from '@lamella/service-core';
import { isCancellation, LimitError } from '@lamella/service-core';
import { MultipartError } from '../codec/multipart-errors.ts';
import { RequestBodyError } from '../errors.ts';
import { problemResponse } from '../problem/problem.ts';
import { problemOf } from '../problem/problem-of.ts';
import type { ParameterizedValue } from '../shared/media-parameters.ts';
import { parseParameterized } from '../shared/media-parameters.ts';

/** Reads the content of a request, once; rejects with what is wrong with it. */
export type BodyReader<Content> = (request: HttpRequest) => Promise<Content>;

/**
 * Makes a service of a reader and of what is done with the content; content that is refused is answered with a problem.
 *
 * @remarks
 * 415 for another type or coding, 413 for too much, 400 for what is malformed, 422 for what the schema refuses, with the issues as the member
 * `errors`. All other errors pass; see `problemLayer`.
 *
 * @example
 * const app = router().post(
 *   '/notes',
 *   bodyService(textBody(), (text) => HttpResponse.json({ length: text.length }, { status: 201 })),
 * );
 */
export function bodyService<Content>(
  read: BodyReader<Content>,
  serve: (content: Content, request: HttpRequest) => HttpResponse | Promise<HttpResponse>,
): Service<HttpRequest, HttpResponse> {
  return {
    async serve(request) {
      let isRead = false;
      try {
        const content = await read(request);
        isRead = true;
        return await serve(content, request);
      } catch (error) {
        if (isCancellation(request, error) || !isOfContent(error, isRead)) throw error;
        return problemResponse(problemOf(error));
      }
    },
  };
}

/**
 * Parts are read while the service runs, so their errors come from there; any other limit that it meets, such as that of the
 * response of another server, is not the client's.
 */
function isOfContent(error: unknown, isRead: boolean): boolean {
  if (error instanceof RequestBodyError || error instanceof MultipartError) return true;
  if (!(error instanceof LimitError) || error.facts.phase !== 'body') return false;
  return !isRead || error.facts.layer === 'multipart';
}

/**
 * The type of a content, if it is one of those that are taken.
 *
 * @param accepted - Types such as `'text/plain'`, `'text/*'` or `'application/*+json'`, in lower case.
 * @throws RequestBodyError `LML_ERR_WEB_BODY_TYPE` if it is another one, or the content is coded.
 */
export function acceptedType({ headers }: HttpRequest, accepted: readonly string[]): ParameterizedValue {
  const coding = headers.get('content-encoding');
  if (coding !== undefined && coding.toLowerCase() !== 'identity') {
    throw wrongType(`content coded as ${JSON.stringify(coding.slice(0, 50))} is not taken`);
  }
  const text = headers.get('content-type');
  const type = text === undefined ? undefined : parseParameterized(text);
  if (type === undefined || !accepted.some((pattern) => isOfType(type.value, pattern))) {
    throw wrongType(`the content must be ${accepted.join(' or ')}`);
  }
  return type;
}

/** @throws RequestBodyError unless the content is UTF-8, by what it says. */
export function requireUtf8({ parameters }: ParameterizedValue): void {
  const charset = parameters.get('charset')?.toLowerCase() ?? 'utf-8';
  if (charset !== 'utf-8' && charset !== 'utf8' && charset !== 'us-ascii') throw wrongType('the content must be UTF-8');
}

/** @throws RequestBodyError if there are bytes that the charset has no meaning for. */
export function decodeStrictly(bytes: Uint8Array, charset = 'utf-8'): string {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw malformed(`the content is not ${charset}`, cause);
  }
}

/** What is said of a type that is not taken. */
export function wrongType(message: string): RequestBodyError {
  return new RequestBodyError('LML_ERR_WEB_BODY_TYPE', message);
}

/** What is said of content that is malformed. */
export function malformed(message: string, cause?: unknown): RequestBodyError {
  return new RequestBodyError('LML_ERR_WEB_BODY_SYNTAX', message, cause === undefined ? {} : { cause });
}

function isOfType(type: string, pattern: string): boolean {
  const star = pattern.indexOf('*');
  if (star < 0) return type === pattern;
  const end = pattern.slice(star + 1);
  return type.length > star + end.length && type.startsWith(pattern.slice(0, star)) && type.endsWith(end);
}
