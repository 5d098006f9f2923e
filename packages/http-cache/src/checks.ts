import { UsageError } from '@lamella/service-core';

/** @throws {@link UsageError} unless `value` is an integer of at least `minimum`; `Infinity` passes. */
export function requireCount(name: string, value: number, minimum: number): void {
  const isCount = Number.isSafeInteger(value) || value === Number.POSITIVE_INFINITY;
  if (!isCount || value < minimum) {
    throw new UsageError(`${name} must be an integer >= ${minimum} or Infinity, got ${value}`);
  }
}
