import type { HttpResponse } from '@lamella/http';

/**
 * Until when a response keeps its server busy: the end of its body, whether that is read or not, or of the upgraded connection.
 *
 * @returns `undefined` if it is over already.
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
