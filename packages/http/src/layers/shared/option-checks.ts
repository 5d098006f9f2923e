import { UsageError } from '@lamella/service-core';
import { isFieldValue, isToken } from '../../message/field-syntax.ts';

/** @throws UsageError unless `name` is a field name. */
export function requireFieldName(option: string, name: unknown): asserts name is string {
  if (typeof name !== 'string' || !isToken(name)) {
    throw new UsageError(`${option} must be a header name, got ${JSON.stringify(name)}`);
  }
}

/** @throws UsageError unless `value` may stand as a field value. */
export function requireFieldValue(option: string, value: unknown): asserts value is string {
  if (typeof value !== 'string' || !isFieldValue(value)) {
    throw new UsageError(`${option} holds a character that no header value may hold`);
  }
}

/** @throws UsageError unless `value` is a function. */
export function requireFunction(option: string, value: unknown): void {
  if (typeof value !== 'function') throw new UsageError(`${option} must be a function, got ${typeof value}`);
}

/** @throws UsageError unless `value` is one of `choices`. */
export function requireOneOf(option: string, value: unknown, choices: readonly unknown[]): void {
  if (choices.includes(value)) return;
  throw new UsageError(`${option} must be one of ${choices.join(', ')}, got ${String(value)}`);
}

/** @throws UsageError unless `value` is greater than 0; `Infinity` passes. */
export function requirePositive(option: string, value: unknown): void {
  if (typeof value !== 'number' || !(value > 0)) throw new UsageError(`${option} must be > 0, got ${value}`);
}

/** @throws UsageError unless `value` is an integer from `minimum` to `maximum`; `Infinity` passes if that is the maximum. */
export function requireInteger(option: string, value: unknown, minimum: number, maximum: number): void {
  const isWhole = Number.isSafeInteger(value) || (value === Number.POSITIVE_INFINITY && value === maximum);
  if (isWhole && Number(value) >= minimum && Number(value) <= maximum) return;
  throw new UsageError(`${option} must be a whole number from ${minimum} to ${maximum}, got ${value}`);
}

/**
 * The text of an option that is sent as a quoted string, such as a realm.
 *
 * @throws UsageError if it holds a quote, a backslash or a character beyond plain text.
 */
export function requireQuotable(option: string, value: unknown): asserts value is string {
  if (typeof value === 'string' && QUOTABLE.test(value)) return;
  throw new UsageError(`${option} must be plain text without quotes`);
}

const QUOTABLE = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
