import { randomUUID } from 'node:crypto';
import { addressSet, PeerAddress } from '@lamella/net-core';
import type { ExtensionKey, Layer } from '@lamella/service-core';
import { extensionKey, UsageError } from '@lamella/service-core';
import type { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import { callChanged } from '../shared/call-inner.ts';
import { requireFieldName, requireFunction, requireInteger } from '../shared/option-checks.ts';

/** Id of a request, as {@link requestIdLayer} found or made it. */
export const RequestId: ExtensionKey<string, 'request'> = extensionKey('http/request-id', { scope: 'request' });

/** Options of {@link requestIdLayer}. */
export interface RequestIdLayerOptions {
  /** Name of the header field. Default `'X-Request-Id'`. */
  readonly name?: string;
  /**
   * Whose ids are believed: peers with these addresses, in these blocks of them (`'10.0.0.0/8'`), or on Unix sockets (`'unix'`); or requests that a
   * function gives `true` for, and nothing else: a promise is no yes. Default: nobody's.
   */
  readonly acceptFrom?: readonly string[] | ((request: HttpRequest) => boolean);
  /** Makes an id of 1 to `maxLength` visible ASCII characters. Default: a random UUID. */
  readonly makeId?: (request: HttpRequest) => string;
  /** Longest id that is accepted, in characters, 1 to 1_024. Default 128. */
  readonly maxLength?: number;
}

/**
 * Gives every request an id: in its extensions, in the header that the inner service sees, and in the response.
 *
 * @remarks
 * An id that came with the request is kept only if it comes from somebody who is trusted, once, and is made of letters, digits and
 * `._~+/=:@-`, no longer than `maxLength`; otherwise a new one takes its place. So an id can't forge a line of a log. On a client it goes out
 * with the request, and an id that an outer layer has put into the extensions is used.
 *
 * @throws UsageError if an option is out of its range. The service rejects with UsageError if `makeId` gives what is no id.
 *
 * @example
 * const service = stack(
 *   requestIdLayer({ acceptFrom: ['10.0.0.0/8'] }),
 *   serviceFn((request: HttpRequest) => HttpResponse.text(request.extensions.get(RequestId) ?? '')),
 * );
 */
export function requestIdLayer(options: RequestIdLayerOptions = {}): Layer<HttpRequest, HttpResponse> {
  const { name = 'X-Request-Id', makeId = randomUUID as () => string, maxLength = 128 } = options;
  requireFieldName('name', name);
  requireFunction('makeId', makeId);
  requireInteger('maxLength', maxLength, 1, 1_024);
  const isTrusted = trustOf(options.acceptFrom);
  const isId = (value: string): boolean => value.length <= maxLength && ID.test(value);

  const idOf = (request: HttpRequest): string => {
    const known = request.extensions.get(RequestId);
    if (known !== undefined) return known;
    const given = request.headers.getAll(name);
    const [first] = given;
    if (first !== undefined && given.length === 1 && isId(first) && isTrusted(request)) return first;
    const made = makeId(request);
    if (typeof made !== 'string' || !isId(made))
      throw new UsageError(`makeId gave what is no id of at most ${maxLength}`);
    return made;
  };

  return (inner) => ({
    serve(request) {
      let id: string;
      try {
        id = idOf(request);
      } catch (error) {
        return Promise.reject(error);
      }
      request.extensions.insert(RequestId, id);
      const identified = request.with({ headers: request.headers });
      identified.headers.set(name, id);
      return callChanged(inner, identified, (response) => {
        const answered = response.with({ headers: response.headers });
        answered.headers.set(name, id);
        return answered;
      });
    },
  });
}

function trustOf(acceptFrom: RequestIdLayerOptions['acceptFrom'] = []): (request: HttpRequest) => boolean {
  if (typeof acceptFrom === 'function') return (request) => acceptFrom(request) === true;
  const peers = addressSet('acceptFrom', acceptFrom);
  return (request) => peers.has(request.extensions.get(PeerAddress));
}

const ID = /^[A-Za-z0-9._~+/=:@-]+$/;
