import { UsageError } from '@lamella/service-core';

/** @throws {@link UsageError} unless `value` is a number greater than 0; `Infinity` passes. */
export function requirePositive(name: string, value: number): void {
  if (typeof value !== 'number' || !(value > 0)) throw new UsageError(`${name} must be > 0, got ${value}`);
}

/** @throws {@link UsageError} unless `value` is a number from `minimum` to `maximum`; `Infinity` passes as one. */
export function requireRange(
  name: string,
  value: number,
  minimum: number,
  maximum: number = Number.POSITIVE_INFINITY,
): void {
  if (typeof value === 'number' && value >= minimum && value <= maximum) return;
  const range = maximum === Number.POSITIVE_INFINITY ? `>= ${minimum}` : `from ${minimum} to ${maximum}`;
  throw new UsageError(`${name} must be ${range}, got ${value}`);
}

/** @throws {@link UsageError} unless `value` is an integer of at least `minimum`; `Infinity` passes. */
export function requireCount(name: string, value: number, minimum: number): void {
  const isCount = Number.isSafeInteger(value) || value === Number.POSITIVE_INFINITY;
  if (!isCount || value < minimum) {
    throw new UsageError(`${name} must be an integer >= ${minimum} or Infinity, got ${value}`);
  }
}

/** @throws {@link UsageError} unless `value` is one of `allowed`. */
export function requireOneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (allowed.some((word) => word === value)) return;
  throw new UsageError(`${name} must be ${allowed.map((word) => `'${word}'`).join(' or ')}, got ${String(value)}`);
}

/** @throws {@link UsageError} unless `value` is a function. */
export function requireFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw new UsageError(`${name} must be a function, got ${typeof value}`);
}

/** @throws {@link UsageError} unless `value` is a function or left out. */
export function requireOptionalFunction(name: string, value: unknown): void {
  if (value !== undefined) requireFunction(name, value);
}
