import { randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { ByteRange, HttpRequest } from '@lamella/http';
import { evaluatePreconditions, formatContentRange, HttpBody, HttpResponse, requestedRanges } from '@lamella/http';
import type { FilePart } from './file-parts-source.ts';
import { FilePartsSource } from './file-parts-source.ts';
import type { ServedFile } from './served-file.ts';

/** Where the bytes are: in memory, or in an open file, which whoever gets the response closes by reading or cancelling it. */
export type FileContent = { readonly content: Buffer } | { readonly handle: FileHandle };

/** Options of {@link respondWithFile}. */
export interface RespondOptions {
  readonly maxRanges: number;
  readonly nowMs: number;
}

/** The response for a file: whole, in parts, or none of it. @param source - `undefined` for HEAD. */
export function respondWithFile(
  request: HttpRequest,
  file: ServedFile,
  source: FileContent | undefined,
  options: RespondOptions,
): HttpResponse {
  const { size } = file;
  const outcome = evaluatePreconditions(request, file);
  if (outcome !== 'proceed') {
    close(source);
    if (outcome === 'failed') return HttpResponse.from({ status: 412 });
    const headers = file.headers.clone();
    for (const name of ['content-type', 'content-encoding']) headers.delete(name);
    return HttpResponse.from({ status: 304, headers });
  }
  const ranges = requestedRanges(request, file, size, options);
  if (ranges === undefined) return whole(request, file, source);
  if (ranges === 'unsatisfiable') {
    close(source);
    const headers = { 'Content-Range': formatContentRange(undefined, size), 'Accept-Ranges': 'bytes' };
    return HttpResponse.from({ status: 416, headers });
  }
  return partial(file, source, ranges);
}

function whole(request: HttpRequest, file: ServedFile, source: FileContent | undefined): HttpResponse {
  const { headers, size } = file;
  if (source === undefined || request.method === 'HEAD') {
    close(source);
    const own = headers.clone();
    own.append('Content-Length', String(size));
    return HttpResponse.from({ headers: own });
  }
  return HttpResponse.from({ headers, body: bodyOf(file, source, [{ head: NOTHING, start: 0, end: size }], NOTHING) });
}

function partial(file: ServedFile, source: FileContent | undefined, ranges: readonly ByteRange[]): HttpResponse {
  const headers = file.headers.clone();
  const [single, ...others] = ranges;
  if (single !== undefined && others.length === 0) {
    headers.append('Content-Range', formatContentRange(single, file.size));
    const body = bodyOf(file, source, [{ head: NOTHING, start: single.firstByte, end: single.lastByte + 1 }], NOTHING);
    return HttpResponse.from({ status: 206, headers, body });
  }
  const boundary = randomUUID();
  const type = headers.get('content-type') ?? 'application/octet-stream';
  const parts = ranges.map((range, index): FilePart => {
    const lines = [
      `${index === 0 ? '' : '\r\n'}--${boundary}`,
      `Content-Type: ${type}`,
      `Content-Range: ${formatContentRange(range, file.size)}`,
      '',
      '',
    ];
    return { head: Buffer.from(lines.join('\r\n'), 'latin1'), start: range.firstByte, end: range.lastByte + 1 };
  });
  headers.set('Content-Type', `multipart/byteranges; boundary=${boundary}`);
  const body = bodyOf(file, source, parts, Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1'));
  return HttpResponse.from({ status: 206, headers, body });
}

function bodyOf(
  file: ServedFile,
  source: FileContent | undefined,
  parts: readonly FilePart[],
  tail: Uint8Array,
): HttpBody {
  if (source === undefined) return HttpBody.empty;
  let size = tail.length;
  for (const { head, start, end } of parts) size += head.length + end - start;
  if ('handle' in source) {
    if (size === 0) {
      close(source);
      return HttpBody.empty;
    }
    return HttpBody.fromSource(new FilePartsSource(source.handle, file.path, file.version, parts, tail), { size });
  }
  const [only] = parts;
  if (parts.length === 1 && only !== undefined && size === only.end - only.start) {
    return HttpBody.from(source.content.subarray(only.start, only.end));
  }
  const pieces = parts.flatMap(({ head, start, end }) => [head, source.content.subarray(start, end)]);
  return HttpBody.from(Buffer.concat([...pieces, tail], size));
}

function close(source: FileContent | undefined): void {
  if (source !== undefined && 'handle' in source) source.handle.close().catch(() => undefined); // it was only read
}

const NOTHING = new Uint8Array(0);
