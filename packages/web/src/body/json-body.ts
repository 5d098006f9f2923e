import type { StandardSchemaV1 } from '@standard-schema/spec';
import { requireInteger } from '../shared/option-checks.ts';
import type { BodyReader } from './body-reader.ts';
import { acceptedType, decodeStrictly, malformed, requireUtf8 } from './body-reader.ts';
import { checkShape, requireSchema, validated } from './checked-content.ts';
import { checkedTypes } from './plain-bodies.ts';

/** Options of {@link jsonBody}. */
export interface JsonBodyOptions<Schema extends StandardSchemaV1 = StandardSchemaV1<unknown>> {
  /** What the content has to be: a schema of any library that follows Standard Schema. Default: anything. */
  readonly schema?: Schema;
  /** Longest content, in bytes, at least 1. Default 1_048_576 (1 MiB). */
  readonly maxBytes?: number;
  /** Most arrays and objects within each other, an integer of at least 1. Default 64. */
  readonly maxDepth?: number;
  /** Types that are taken. Default: `application/json` and `application/*+json`. */
  readonly types?: readonly string[];
}

/**
 * Makes a reader of JSON.
 *
 * @remarks
 * Source: RFC 8259. JSON is UTF-8. A member called `__proto__` is refused wherever it stands: objects made here have none, but what
 * copies them by assignment would get a prototype from outside.
 *
 * @throws UsageError if an option is out of its range. The reader rejects with RequestBodyError `LML_ERR_WEB_BODY_TYPE`,
 * `LML_ERR_WEB_BODY_SYNTAX` or `LML_ERR_WEB_BODY_INVALID`, and with LimitError (`maxBytes`, `maxDepth`).
 *
 * @example
 * const readValue = jsonBody({ maxBytes: 10_000 });
 * const request = HttpRequest.from({
 *   method: 'POST',
 *   target: '/',
 *   headers: { 'Content-Type': 'application/json' },
 *   body: '{"a": 1}',
 * });
 * await readValue(request); // { a: 1 }
 */
export function jsonBody<Schema extends StandardSchemaV1 = StandardSchemaV1<unknown>>(
  options: JsonBodyOptions<Schema> = {},
): BodyReader<StandardSchemaV1.InferOutput<Schema>> {
  const { schema, maxBytes = 1_048_576, maxDepth = 64 } = options;
  const types = checkedTypes(options.types) ?? ['application/json', 'application/*+json'];
  requireSchema(schema);
  requireInteger('maxBytes', maxBytes, 1, Number.MAX_SAFE_INTEGER);
  requireInteger('maxDepth', maxDepth, 1, Number.MAX_SAFE_INTEGER);
  return async (request) => {
    requireUtf8(acceptedType(request, types));
    const value = parse(decodeStrictly(await request.body.bytes({ maxBytes })));
    checkShape(value, maxDepth);
    // Without a schema the output is `unknown`, which anything is.
    return schema === undefined ? (value as StandardSchemaV1.InferOutput<Schema>) : validated(schema, value);
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw malformed('the content is not JSON', cause);
  }
}
