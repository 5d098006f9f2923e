import { LimitError } from '@lamella/service-core';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { requireInteger } from '../shared/option-checks.ts';
import type { BodyReader } from './body-reader.ts';
import { acceptedType, decodeStrictly, malformed, requireUtf8 } from './body-reader.ts';
import { requireSchema, validated } from './checked-content.ts';

/** Fields of a form by name, without a prototype; a list where a name came more than once. */
export type FormFields = Readonly<Record<string, string | readonly string[]>>;

/** Options of {@link formBody}. */
export interface FormBodyOptions<Schema extends StandardSchemaV1 = StandardSchemaV1<FormFields>> {
  /** What the fields have to be: a schema of any library that follows Standard Schema. Default: anything. */
  readonly schema?: Schema;
  /** Longest content, in bytes, at least 1. Default 262_144 (256 KiB). */
  readonly maxBytes?: number;
  /** Most fields, an integer of at least 1. Default 1_000. */
  readonly maxFields?: number;
  /** Longest name, in UTF-16 units after decoding, at least 1. Default 200. */
  readonly maxNameLength?: number;
}

/**
 * Makes a reader of forms as browsers send them without files: `application/x-www-form-urlencoded`.
 *
 * @remarks
 * Source: URL Living Standard, section 5. A `%` without two digits stands for itself, as it does in browsers. The name `__proto__` is refused.
 *
 * @throws UsageError if an option is out of its range. The reader rejects with RequestBodyError `LML_ERR_WEB_BODY_TYPE`,
 * `LML_ERR_WEB_BODY_SYNTAX` or `LML_ERR_WEB_BODY_INVALID`, and with LimitError (`maxBytes`, `maxFields`, `maxNameLength`).
 *
 * @example
 * const readForm = formBody({ maxFields: 20 });
 * const request = HttpRequest.from({
 *   method: 'POST',
 *   target: '/',
 *   headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
 *   body: 'name=Ann&tag=a&tag=b',
 * });
 * await readForm(request); // { name: 'Ann', tag: ['a', 'b'] }
 */
export function formBody<Schema extends StandardSchemaV1 = StandardSchemaV1<FormFields>>(
  options: FormBodyOptions<Schema> = {},
): BodyReader<StandardSchemaV1.InferOutput<Schema>> {
  const { schema, maxBytes = 262_144, maxFields = 1_000, maxNameLength = 200 } = options;
  requireSchema(schema);
  requireInteger('maxBytes', maxBytes, 1, Number.MAX_SAFE_INTEGER);
  requireInteger('maxFields', maxFields, 1, Number.MAX_SAFE_INTEGER);
  requireInteger('maxNameLength', maxNameLength, 1, Number.MAX_SAFE_INTEGER);
  return async (request) => {
    requireUtf8(acceptedType(request, ['application/x-www-form-urlencoded']));
    const text = decodeStrictly(await request.body.bytes({ maxBytes }));
    requireFewFields(text, maxFields);
    const fields = fieldsOf(text, maxNameLength);
    // Without a schema the output is what the default of the type says: the fields.
    return schema === undefined ? (fields as StandardSchemaV1.InferOutput<Schema>) : validated(schema, fields);
  };
}

/** Before any of them is decoded. */
function requireFewFields(text: string, maxFields: number): void {
  let count = 1;
  for (let at = text.indexOf('&'); at >= 0; at = text.indexOf('&', at + 1)) count++;
  if (count > maxFields) throw tooMuch('maxFields', maxFields, count);
}

function fieldsOf(text: string, maxNameLength: number): FormFields {
  const fields: Record<string, string | string[]> = Object.create(null);
  for (const [name, value] of new URLSearchParams(text)) {
    if (name.length > maxNameLength) throw tooMuch('maxNameLength', maxNameLength, name.length);
    if (name === '__proto__') throw malformed('the content must not have a field "__proto__"');
    const known = fields[name];
    if (known === undefined) fields[name] = value;
    else if (typeof known === 'string') fields[name] = [known, value];
    else known.push(value);
  }
  return fields;
}

function tooMuch(limit: string, maximum: number, observed: number): LimitError {
  return new LimitError({ limit, maximum, observed, facts: { layer: 'body', phase: 'body' } });
}
