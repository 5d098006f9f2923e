import { isToken } from '@lamella/http';
import { UsageError } from '@lamella/service-core';

/** The subprotocols of a Sec-WebSocket-Protocol field; `undefined` if it is malformed. RFC 6455 section 4.1: tokens, all different. */
export function parseSubprotocols(values: readonly string[]): readonly string[] | undefined {
  const names = values.flatMap((value) => value.split(',').map((name) => name.trim()));
  return names.every(isToken) && new Set(names).size === names.length ? names : undefined;
}

/** @throws UsageError unless all names are tokens and different: so nothing can be written into a head by one. */
export function requireSubprotocols(names: readonly string[]): void {
  const isValid = names.every((name) => typeof name === 'string' && isToken(name));
  if (isValid && new Set(names).size === names.length) return;
  throw new UsageError(`protocols must be different tokens, got ${JSON.stringify(names)}`);
}
