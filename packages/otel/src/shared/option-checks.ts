import { UsageError } from '@lamella/service-core';

/** @throws UsageError unless `value` is one of `choices`. */
export function requireOneOf(option: string, value: unknown, choices: readonly string[]): void {
  if (choices.some((choice) => choice === value)) return;
  throw new UsageError(`${option} must be one of ${choices.join(', ')}, got ${String(value)}`);
}

/** @throws UsageError unless `value` is a list of texts that are no emptier than one character. */
export function requireNames(option: string, value: unknown): asserts value is readonly string[] {
  if (Array.isArray(value) && value.every((name) => typeof name === 'string' && name !== '')) return;
  throw new UsageError(`${option} must be a list of names`);
}

/** @throws UsageError unless `value` is a function or left out. */
export function requireOptionalFunction(option: string, value: unknown): void {
  if (value === undefined || typeof value === 'function') return;
  throw new UsageError(`${option} must be a function, got ${typeof value}`);
}

/** @throws UsageError unless `value` is true or false. */
export function requireBoolean(option: string, value: unknown): void {
  if (typeof value !== 'boolean') throw new UsageError(`${option} must be true or false, got ${String(value)}`);
}
