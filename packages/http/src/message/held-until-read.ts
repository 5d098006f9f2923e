import type { HttpResponse } from './http-response.ts';

/**
 * Until when a response keeps its server busy: the end of its body, whether that is read or not, or of the upgraded connection.
 *
 * @remarks
 * Fits `holdUntil` of `balancer` of `@lamella/layers`.
 *
 * @returns `undefined` if it is over already.
 *
 * @example
 * heldUntilRead(HttpResponse.text('all of it is here')); // undefined
 */
export function heldUntilRead(
  response: HttpResponse,
): { readonly output: HttpResponse; readonly ended: Promise<unknown> } | undefined {
  const { upgraded, body } = response;
  if (upgraded !== undefined) return { output: response, ended: upgraded.stream.closed };
  if (body.isAtHand) return undefined;
  const { promise, resolve } = Promise.withResolvers<void>();
  body.onOver(resolve);
  return { output: response, ended: promise };
}
