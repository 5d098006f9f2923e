import { UsageError } from '@lamella/service-core';

/** @throws UsageError unless `value` is a number greater than 0; `Infinity` passes. */
export function requirePositive(name: string, value: number): void {
  if (typeof value !== 'number' || !(value > 0)) throw new UsageError(`${name} must be > 0, got ${value}`);
}

/** @throws UsageError unless `value` is a finite number greater than 0. */
export function requireFinite(name: string, value: number): void {
  requirePositive(name, value);
  if (value === Number.POSITIVE_INFINITY) throw new UsageError(`${name} must be finite, got ${value}`);
}

/** @throws UsageError unless `value` is an integer of at least `minimum`; `Infinity` passes. */
export function requireCount(name: string, value: number, minimum: number): void {
  const isCount = Number.isSafeInteger(value) || value === Number.POSITIVE_INFINITY;
  if (isCount && value >= minimum) return;
  throw new UsageError(`${name} must be an integer >= ${minimum} or Infinity, got ${value}`);
}

/** @throws UsageError unless `value` is a number from `minimum` to `maximum`. */
export function requireRange(name: string, value: number, minimum: number, maximum: number): void {
  if (typeof value === 'number' && value >= minimum && value <= maximum) return;
  throw new UsageError(`${name} must be from ${minimum} to ${maximum}, got ${value}`);
}
