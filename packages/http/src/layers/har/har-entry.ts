import { PeerAddress } from '@lamella/net-core';
import type { HttpHeaders } from '../../message/http-headers.ts';
import type { HttpRequest, HttpVersion } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import { HttpTimings } from '../../timings/http-timings.ts';
import { urlScheme } from '../forwarded/request-scheme.ts';
import { redactedHeaders } from '../sensitive-headers/sensitive-headers-layer.ts';
import type { Capture } from './captured-body.ts';
import type { HarContent, HarEntry, HarPair, HarPostData, HarRequest, HarResponse, HarTimings } from './har-types.ts';

/** What is known of an exchange when it is over. */
export interface Exchange {
  readonly request: HttpRequest;
  readonly requestBody: Capture | undefined;
  /** `undefined` if nothing was answered. */
  readonly response: HttpResponse | undefined;
  readonly responseBody: Capture | undefined;
  readonly error: unknown;
  /** Names of fields whose values are left out, in lower case. */
  readonly sensitive: ReadonlySet<string>;
  /** When it began, in milliseconds since the Unix epoch. */
  readonly atMs: number;
  /** Until the head of the response, in milliseconds. */
  readonly waitMs: number;
  /** Until the end, in milliseconds. */
  readonly totalMs: number;
}

/** Writes an exchange down. */
export function harEntry(exchange: Exchange): HarEntry {
  const { response, atMs, totalMs } = exchange;
  const address = response === undefined ? undefined : serverAddress(response);
  return {
    startedDateTime: new Date(atMs).toISOString(),
    time: totalMs,
    request: requestOf(exchange),
    response: response === undefined ? noResponse(exchange.error) : responseOf(response, exchange),
    cache: {},
    timings: timingsOf(exchange),
    ...(address === undefined ? {} : { serverIPAddress: address }),
  };
}

/** The whole URL of a request; of one that a server got, by its Host. */
export function urlOf(request: HttpRequest): string {
  const { parsedTarget, target, authority } = request;
  const scheme = urlScheme(request) ?? 'http';
  if (parsedTarget.form === 'origin') return `${scheme}://${authority ?? ''}${target}`;
  return parsedTarget.form === 'absolute' ? target : `${scheme}://${authority ?? ''}`;
}

function requestOf({ request, requestBody: capture, response, sensitive }: Exchange): HarRequest {
  const { headers, method, query } = request;
  const hasContent = capture !== undefined && capture.byteCount > 0;
  return {
    method,
    url: urlOf(request),
    httpVersion: `HTTP/${versionOf(request.version, response?.version)}`,
    cookies: sensitive.has('cookie') ? [] : cookiesOf(headers.get('cookie')?.split(';') ?? []),
    headers: pairsOf(headers, sensitive),
    queryString: Array.from(new URLSearchParams(query ?? ''), ([name, value]) => ({ name, value })),
    ...(hasContent ? { postData: postDataOf(capture, headers) } : {}),
    headersSize: -1,
    bodySize: capture?.byteCount ?? -1,
  };
}

/** Only a connection knows whether it is HTTP/2: a client hears it by the response, a server by the request. */
function versionOf(own: HttpVersion, other: HttpVersion | undefined): HttpVersion {
  return other === '2' ? other : own;
}

function postDataOf(capture: Capture, headers: HttpHeaders): HarPostData {
  const text = textOf(capture.bytes);
  return {
    mimeType: headers.get('content-type') ?? '',
    text: text ?? base64Of(capture.bytes),
    ...(text === undefined ? { _encoding: 'base64' } : {}),
    ...(capture.isTruncated ? { _truncated: true } : {}),
  };
}

function responseOf(response: HttpResponse, { request, responseBody, sensitive }: Exchange): HarResponse {
  const { headers, status, reason, version } = response;
  const error = responseBody?.error;
  return {
    status,
    statusText: reason,
    httpVersion: `HTTP/${versionOf(version, request.version)}`,
    cookies: sensitive.has('set-cookie')
      ? []
      : cookiesOf(headers.getAll('set-cookie').map((line) => line.split(';', 1)[0] ?? '')),
    headers: pairsOf(headers, sensitive),
    content: contentOf(responseBody, headers),
    redirectURL: headers.get('location') ?? '',
    headersSize: -1,
    bodySize: responseBody?.byteCount ?? -1,
    ...(error === undefined ? {} : { _error: messageOf(error) }),
  };
}

function contentOf(capture: Capture | undefined, headers: HttpHeaders): HarContent {
  const mimeType = headers.get('content-type') ?? '';
  if (capture === undefined) return { size: 0, mimeType };
  const text = textOf(capture.bytes);
  const coding = headers.get('content-encoding');
  return {
    size: capture.byteCount,
    mimeType,
    text: text ?? base64Of(capture.bytes),
    ...(text === undefined ? { encoding: 'base64' } : {}),
    ...(coding === undefined ? {} : { _contentEncoding: coding }),
    ...(capture.isTruncated ? { _truncated: true } : {}),
  };
}

/** As browsers write an exchange that failed. */
function noResponse(error: unknown): HarResponse {
  return {
    status: 0,
    statusText: '',
    httpVersion: '',
    cookies: [],
    headers: [],
    content: { size: 0, mimeType: '' },
    redirectURL: '',
    headersSize: -1,
    bodySize: -1,
    _error: messageOf(error),
  };
}

function timingsOf({ response, waitMs, totalMs }: Exchange): HarTimings {
  const known = response?.extensions.get(HttpTimings);
  if (known === undefined) {
    return { blocked: -1, dns: -1, connect: -1, send: 0, wait: waitMs, receive: totalMs - waitMs, ssl: -1 };
  }
  const { connectMs, proxyMs = 0, tlsMs } = known;
  return {
    blocked: known.queuedMs,
    dns: known.resolveMs ?? -1,
    connect: connectMs === undefined ? -1 : connectMs + proxyMs + (tlsMs ?? 0),
    send: known.sentMs,
    wait: known.ttfbMs,
    receive: known.bodyMs ?? Math.max(0, totalMs - waitMs),
    ssl: tlsMs ?? -1,
  };
}

/** On a gateway the connection that answers for a response is that of its own client: nothing is said then. */
function serverAddress({ extensions }: HttpResponse): string | undefined {
  if (extensions.ingress !== undefined) return undefined;
  const peer = extensions.get(PeerAddress);
  return peer?.type === 'tcp' ? peer.host.toString() : undefined;
}

function pairsOf(headers: HttpHeaders, sensitive: ReadonlySet<string>): HarPair[] {
  return redactedHeaders(headers, sensitive).map(([name, value]) => ({ name, value }));
}

function cookiesOf(texts: readonly string[]): HarPair[] {
  return texts.map((text) => {
    const equals = text.indexOf('=');
    return { name: text.slice(0, Math.max(0, equals)).trim(), value: text.slice(equals + 1).trim() };
  });
}

/** The text, if the bytes are UTF-8. A text that was cut within a character is none. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
