import { LimitError, UsageError } from '@lamella/service-core';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { BodyIssue } from '../errors.ts';
import { RequestBodyError } from '../errors.ts';
import { malformed } from './body-reader.ts';

/** @throws UsageError unless `schema` is one of Standard Schema, or none. */
export function requireSchema(schema: StandardSchemaV1 | undefined): void {
  if (schema === undefined || typeof schema['~standard']?.validate === 'function') return;
  throw new UsageError('schema must be a Standard Schema');
}

/**
 * Looks through a value that came from outside, without recursion, however deep it is.
 *
 * @throws LimitError (`maxDepth`) if it is too deep, RequestBodyError for the name `__proto__`, which is a trap for whoever copies it.
 */
export function checkShape(value: unknown, maxDepth: number): void {
  const open: { readonly value: unknown; readonly depth: number }[] = [{ value, depth: 0 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next.value !== 'object' || next.value === null) continue;
    const depth = next.depth + 1;
    if (depth > maxDepth) {
      const facts = { layer: 'body', phase: 'body' };
      throw new LimitError({ limit: 'maxDepth', maximum: maxDepth, observed: depth, facts });
    }
    if (Object.hasOwn(next.value, '__proto__')) throw malformed('the content must not have a member "__proto__"');
    for (const inner of Object.values(next.value)) open.push({ value: inner, depth });
  }
}

/** @throws RequestBodyError `LML_ERR_WEB_BODY_INVALID`, with the issues, if the schema refuses the value. */
export async function validated<Schema extends StandardSchemaV1>(
  schema: Schema,
  value: unknown,
): Promise<StandardSchemaV1.InferOutput<Schema>> {
  const result = await schema['~standard'].validate(value);
  if (result.issues === undefined) return result.value as StandardSchemaV1.InferOutput<Schema>; // what its type says
  const issues = result.issues.slice(0, MAX_ISSUES).map(toIssue);
  throw new RequestBodyError('LML_ERR_WEB_BODY_INVALID', 'the content is not what is expected', { issues });
}

function toIssue({ message, path = [] }: StandardSchemaV1.Issue): BodyIssue {
  const keys = path.map((segment) => (typeof segment === 'object' ? segment.key : segment));
  // RFC 6901 section 3
  const pointer = keys.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
  return { pointer, detail: message };
}

const MAX_ISSUES = 100;
