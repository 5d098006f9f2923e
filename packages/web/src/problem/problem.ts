import type { HttpHeadersInit } from '@lamella/http';
import { HttpHeaders, HttpResponse, reasonPhrase } from '@lamella/http';
import { UsageError } from '@lamella/service-core';

/** What a client is told of an error. RFC 9457 section 3.1. */
export interface Problem {
  /** Status code of the response, 400 to 599. */
  readonly status: number;
  /** URI of the kind of problem. Default: none, which stands for `about:blank`: the status says it all. */
  readonly type?: string;
  /** The kind of problem in a few words, the same each time. Default: the reason phrase of the status. */
  readonly title?: string;
  /** What is the matter this time, for people; must not tell of the inside of the server. Default: none. */
  readonly detail?: string;
  /** URI of this occurrence. Default: none. */
  readonly instance?: string;
  /** Members of one's own; names are 3 letters or more, digits and `_`, beginning with a letter. RFC 9457 section 3.2. Default: none. */
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** Options of {@link problemResponse}. */
export interface ProblemResponseOptions {
  /** Further fields, such as Retry-After. Default: none. */
  readonly headers?: HttpHeadersInit;
}

/**
 * Makes the response for a problem: `application/problem+json`, not to be stored by caches.
 *
 * @remarks
 * Source: RFC 9457. Members of `extensions` whose name is one of the standard members are refused, so that data can't pass for them.
 *
 * @throws UsageError if the status is not 400 to 599, or a name in `extensions` is no member name.
 *
 * @example
 * problemResponse({
 *   status: 403,
 *   type: 'https://example.test/problems/out-of-credit',
 *   title: 'You do not have enough credit',
 *   extensions: { balance: 30 },
 * });
 */
export function problemResponse(problem: Problem, options: ProblemResponseOptions = {}): HttpResponse {
  const { status, type, title = reasonPhrase(status), detail, instance, extensions = {} } = problem;
  if (!(Number.isInteger(status) && status >= 400 && status <= 599)) {
    throw new UsageError(`the status of a problem must be 400 to 599, got ${status}`);
  }
  // Without a prototype, so that no name of an extension can mean anything else than a member.
  const members: Record<string, unknown> = Object.create(null);
  if (type !== undefined) members['type'] = type;
  if (title !== '') members['title'] = title;
  members['status'] = status;
  if (detail !== undefined) members['detail'] = detail;
  if (instance !== undefined) members['instance'] = instance;
  for (const [name, value] of Object.entries(extensions)) {
    if (!MEMBER_NAME.test(name) || STANDARD_MEMBERS.has(name)) {
      throw new UsageError(`${JSON.stringify(name)} is no name for a member of a problem`);
    }
    members[name] = value;
  }
  const headers = HttpHeaders.from(options.headers);
  headers.set('Content-Type', 'application/problem+json');
  if (!headers.has('cache-control')) headers.append('Cache-Control', 'no-store');
  return HttpResponse.from({ status, headers, body: JSON.stringify(members) });
}

const MEMBER_NAME = /^[A-Za-z][A-Za-z0-9_]{2,}$/;
const STANDARD_MEMBERS: ReadonlySet<string> = new Set(['type', 'title', 'status', 'detail', 'instance']);
