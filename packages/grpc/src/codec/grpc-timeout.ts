/**
 * Reads the field `grpc-timeout`.
 *
 * @remarks
 * Source: PROTOCOL-HTTP2.md of grpc/grpc: at most 8 digits, then H, M, S, m, u or n. A value of 0, which the grammar does not know
 * but peers send, is a time that is over.
 *
 * @returns Milliseconds, >= 0, with fractions; `undefined` if the value is malformed.
 */
export function parseGrpcTimeout(value: string): number | undefined {
  if (!TIMEOUT.test(value)) return undefined;
  const unit = value.charAt(value.length - 1);
  return Number(value.slice(0, -1)) * (UNIT_MS[unit] ?? Number.NaN);
}

/**
 * Writes the field `grpc-timeout`.
 *
 * @param timeoutMs - Milliseconds, greater than 0. The value is rounded up to the finest unit of which 8 digits suffice: a server never
 * gives up before the client does. What is beyond 99,999,999 hours becomes that.
 */
export function formatGrpcTimeout(timeoutMs: number): string {
  for (const [unit, unitMs] of UNITS) {
    const amount = Math.ceil(timeoutMs / unitMs);
    if (amount <= MAX_AMOUNT) return `${Math.max(1, amount)}${unit}`;
  }
  return `${MAX_AMOUNT}H`;
}

const TIMEOUT = /^[0-9]{1,8}[HMSmun]$/;
const MAX_AMOUNT = 99_999_999;
const UNIT_MS: Readonly<Record<string, number>> = { n: 1e-6, u: 1e-3, m: 1, S: 1_000, M: 60_000, H: 3_600_000 };
/** Finer than a microsecond no clock of ours is. */
const UNITS: readonly (readonly [unit: string, unitMs: number])[] = [
  ['u', 1e-3],
  ['m', 1],
  ['S', 1_000],
  ['M', 60_000],
  ['H', 3_600_000],
];
