import type { HttpRequest } from '@lamella/http';
import { MultipartError } from '../codec/multipart-errors.ts';
import { requireInteger } from '../shared/option-checks.ts';
import type { BodyReader } from './body-reader.ts';
import { acceptedType } from './body-reader.ts';
import type { MultipartBodyOptions } from './multipart-body-options.ts';
import type { MultipartPart } from './multipart-parts.ts';
import { readParts } from './multipart-parts.ts';

/**
 * Makes a reader of forms with files: `multipart/form-data`, part by part, while it arrives.
 *
 * @remarks
 * Source: RFC 7578. Nothing is stored: one chunk is read when somebody wants it, so a slow disk slows the client down. What is not read of a part
 * is passed over when the next part is asked for; leaving the loop gives the rest up. A part can be read until then, and no longer.
 *
 * @throws UsageError if an option is out of its range. The reader rejects with RequestBodyError `LML_ERR_WEB_BODY_TYPE` and MultipartError
 * `LML_ERR_WEB_MULTIPART_BOUNDARY`. The iteration, and the body of a part, reject with MultipartError, and with LimitError
 * (`maxBytes`, `maxParts`, `maxPartHeaderBytes`, `maxFieldBytes`, `maxFileBytes`), after which the rest is cancelled.
 *
 * @example
 * const upload = bodyService(multipartBody({ maxFileBytes: 5_000_000 }), async (parts) => {
 *   const sizes: Record<string, number> = {};
 *   for await (const part of parts) sizes[part.name] = (await part.body.bytes()).length;
 *   return HttpResponse.json(sizes);
 * });
 */
export function multipartBody(options: MultipartBodyOptions = {}): BodyReader<AsyncIterable<MultipartPart>> {
  const limits = {
    maxBytes: options.maxBytes ?? 33_554_432,
    maxParts: options.maxParts ?? 100,
    maxPartHeaderBytes: options.maxPartHeaderBytes ?? 8_192,
    maxFieldBytes: options.maxFieldBytes ?? 65_536,
    maxFileBytes: options.maxFileBytes ?? 16_777_216,
  };
  for (const [name, value] of Object.entries(limits)) {
    const minimum = name === 'maxFieldBytes' || name === 'maxFileBytes' ? 0 : 1;
    requireInteger(name, value, minimum, Number.MAX_SAFE_INTEGER);
  }
  return async (request: HttpRequest) => {
    const boundary = acceptedType(request, ['multipart/form-data']).parameters.get('boundary') ?? '';
    if (!BOUNDARY.test(boundary)) {
      throw new MultipartError('LML_ERR_WEB_MULTIPART_BOUNDARY', 'the content type has no valid boundary');
    }
    return readParts(request.body, boundary, limits);
  };
}

/** RFC 2046 section 5.1.1: 1 to 70 characters, the last of them no blank. */
const BOUNDARY = /^[A-Za-z0-9'()+_,\-./:=? ]{0,69}[A-Za-z0-9'()+_,\-./:=?]$/;
