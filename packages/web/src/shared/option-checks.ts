import { UsageError } from '@lamella/service-core';

/** @throws UsageError unless `value` is an integer from `minimum` to `maximum`; `Infinity` passes if that is the maximum. */
export function requireInteger(option: string, value: unknown, minimum: number, maximum: number): void {
  const isWhole = Number.isSafeInteger(value) || (value === Number.POSITIVE_INFINITY && value === maximum);
  if (isWhole && Number(value) >= minimum && Number(value) <= maximum) return;
  throw new UsageError(`${option} must be a whole number from ${minimum} to ${maximum}, got ${String(value)}`);
}

/** @throws UsageError unless `value` is at least 0; `Infinity` passes. */
export function requireNotNegative(option: string, value: unknown): void {
  if (typeof value !== 'number' || !(value >= 0)) throw new UsageError(`${option} must be >= 0, got ${String(value)}`);
}

/** @throws UsageError unless `value` is one of `choices`. */
export function requireOneOf(option: string, value: unknown, choices: readonly unknown[]): void {
  if (choices.includes(value)) return;
  throw new UsageError(`${option} must be one of ${choices.join(', ')}, got ${String(value)}`);
}

/** @throws UsageError unless `value` is a function. */
export function requireFunction(option: string, value: unknown): void {
  if (typeof value !== 'function') throw new UsageError(`${option} must be a function, got ${typeof value}`);
}
