import type { HttpHeaders } from '@lamella/http';
import { AbortScope } from '@lamella/service-core';
import { isGrpcStatusError } from '../calls/end-of-call.ts';
import { toCallFailure } from '../client/to-call-failure.ts';
import { GrpcStatus } from '../codec/grpc-status.ts';
import { GrpcStatusError } from '../errors.ts';
import { failureTrailers } from '../server/responses.ts';

/** The head of a response of gRPC, and its trailers where they stand in the head. */
export interface SplitHead {
  /** The head without the status. A copy. */
  readonly head: HttpHeaders;
  /** The trailers of a response that is nothing but an end; else `undefined`. */
  readonly early: HttpHeaders | undefined;
}

/**
 * Takes the end out of the head of a response.
 *
 * @remarks
 * PROTOCOL-HTTP2.md of grpc/grpc, "Trailers-Only": all metadata of such a head belongs to the end, and must not come twice. What HTTP and those
 * on the way say by fields that are known stays where it is.
 */
export function splitHead(headers: HttpHeaders): SplitHead {
  const head = headers.clone();
  if (!headers.has('grpc-status')) return { head, early: undefined };
  const early = headers.clone();
  early.deleteWhere((name) => OF_HTTP.test(name));
  head.deleteWhere((name) => !OF_HTTP.test(name));
  return { head, early };
}

/** The trailers of a response that has ended; a status that says so, if they say none. */
export function endFields(trailers: HttpHeaders | undefined): HttpHeaders {
  if (trailers?.has('grpc-status')) return trailers;
  return failureTrailers(new GrpcStatusError(GrpcStatus.UNKNOWN, 'the response ends without grpc-status'), undefined);
}

/** What a client of gRPC would see of a response that broke off with `error`. What lies behind is nobody's business. */
export function brokenOffFields(error: unknown): HttpHeaders {
  const status = statusOf(error).status;
  return failureTrailers(new GrpcStatusError(status, 'the response was broken off'), undefined);
}

/** The status that a failure on the way stands for. */
export function statusOf(error: unknown): GrpcStatusError {
  const scope = new AbortScope();
  const failure = toCallFailure(error, scope, undefined);
  scope.close();
  if (isGrpcStatusError(failure)) return failure;
  return new GrpcStatusError(GrpcStatus.INTERNAL, 'the call failed', { cause: error });
}

const OF_HTTP = new RegExp(
  `^(?:${[
    'accept-ranges|age|alt-svc|cache-control|connection|date|etag|expires|last-modified|link|location|nel|pragma',
    'proxy-status|refresh|report-to|reporting-endpoints|retry-after|server|server-timing|set-cookie',
    'strict-transport-security|timing-allow-origin|trailer|transfer-encoding|upgrade|vary|via|www-authenticate',
    'content-(?:type|length|encoding|language|location|security-policy(?:-report-only)?)',
    'x-(?:content-type-options|frame-options|xss-protection|powered-by)|referrer-policy|permissions-policy',
    'grpc-(?:accept-)?encoding|access-control-.*|cross-origin-.*',
  ].join('|')})$`,
  'i',
);
