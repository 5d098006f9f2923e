/**
 * A value that a propagator may look at.
 *
 * @remarks
 * Propagators of others take values apart without looking at their length first. Nothing that a propagator needs is longer than the most that
 * W3C Baggage asks to be passed on.
 *
 * @returns `undefined` for one of more than 8,192 characters: it counts as absent.
 */
export function boundedValue(value: string | undefined): string | undefined {
  return value === undefined || value.length > MAX_CHARS ? undefined : value;
}

const MAX_CHARS = 8_192;
