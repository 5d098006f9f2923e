import { LimitError, TimeoutError } from '@lamella/service-core';
import { Http1ProtocolError } from '../errors.ts';
import { HttpResponse } from '../message/http-response.ts';
import { reasonPhrase } from '../message/status.ts';

/**
 * The response that a server gives for an error, when no layer has made one.
 *
 * @remarks
 * Broken rules of HTTP: the status that the error hints at, such as 400. A body longer than somebody was willing to collect:
 * 413. Every other limit, and every timeout: 503. Anything else: 500. The body is the reason phrase and says nothing about
 * the inside of the server.
 */
export function errorResponse(error: unknown): HttpResponse {
  const status = statusOf(error);
  return HttpResponse.text(`${reasonPhrase(status)}\n`, { status });
}

function statusOf(error: unknown): number {
  if (error instanceof Http1ProtocolError && error.origin === 'remote') return error.statusHint;
  if (error instanceof LimitError) return error.limit === 'maxBytes' ? 413 : 503;
  return error instanceof TimeoutError ? (TIMEOUT_STATUS[error.facts.phase ?? ''] ?? 503) : 500;
}

/** The client was too slow, rather than the server. RFC 9110 section 15.5.9. */
const TIMEOUT_STATUS: Readonly<Record<string, number>> = { 'request-head': 408, 'request-body': 408 };
