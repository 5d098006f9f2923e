import type { HttpRequest, HttpResponse, RequestContext } from '@lamella/http';
import { AttemptNumber } from './foreign-keys.ts';

/** What a request has been through already. */
interface Sends {
  count: number;
  /** Whether the last one was answered by a redirect. */
  wasRedirected: boolean;
}

/**
 * How often a request was sent before, by retries and redirects outside of the layer.
 *
 * @remarks
 * A retry has its number. A redirect has none: it is what comes behind an answer that is one, for the same request; all forks of a request
 * share their context.
 */
export function resendCount(request: HttpRequest): number {
  const { extensions, context } = request;
  const attempt = extensions.get(AttemptNumber) ?? 1;
  const before = extensions.scope === 'attempt' ? sends.get(context) : undefined;
  if (before === undefined) {
    if (extensions.scope === 'attempt') sends.set(context, { count: attempt - 1, wasRedirected: false });
    return attempt - 1;
  }
  before.count = attempt > 1 || before.wasRedirected ? before.count + 1 : 0;
  before.wasRedirected = false;
  return before.count;
}

/** Remembers how an attempt was answered. */
export function noteAnswer({ context }: HttpRequest, { status, headers }: HttpResponse): void {
  const known = sends.get(context);
  if (known !== undefined) known.wasRedirected = status >= 300 && status <= 399 && headers.has('location');
}

const sends = new WeakMap<RequestContext, Sends>();
