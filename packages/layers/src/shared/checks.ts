import { UsageError } from '@lamella/service-core';

/** @throws {@link UsageError} unless `value` is a number greater than 0; `Infinity` passes. */
export function requirePositive(name: string, value: number): void {
  if (typeof value !== 'number' || !(value > 0)) throw new UsageError(`${name} must be > 0, got ${value}`);
}

/** @throws {@link UsageError} unless `value` is an integer of at least `minimum`; `Infinity` passes. */
export function requireCount(name: string, value: number, minimum: number): void {
  const isCount = Number.isSafeInteger(value) || value === Number.POSITIVE_INFINITY;
  if (!isCount || value < minimum) {
    throw new UsageError(`${name} must be an integer >= ${minimum} or Infinity, got ${value}`);
  }
}

/** @throws {@link UsageError} unless `value` is a function. */
export function requireFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw new UsageError(`${name} must be a function, got ${typeof value}`);
}
