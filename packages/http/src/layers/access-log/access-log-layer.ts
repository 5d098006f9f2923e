import type { Address } from '@lamella/net-core';
import { PeerAddress } from '@lamella/net-core';
import type { Clock, Layer } from '@lamella/service-core';
import { isLamellaError, systemClock, tellFailure, UsageError } from '@lamella/service-core';
import type { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import { errorResponse } from '../../server/error-response.ts';
import { AuthUser } from '../auth/auth-user.ts';
import { RequestId } from '../request-id/request-id-layer.ts';
import { REDACTED, sensitiveHeadersOf } from '../sensitive-headers/sensitive-headers-layer.ts';
import { requireFieldName, requireFunction, requireOneOf } from '../shared/option-checks.ts';
import type { HttpExchangeEnd } from '../trace/http-trace-layer.ts';
import { httpTraceLayer } from '../trace/http-trace-layer.ts';
import { grpcStatusOf } from './grpc-status-of.ts';
import { commonLogTime, escapedForLog, logToken, redactedTarget } from './log-text.ts';

/** Options of {@link accessLogLayer}. */
export interface AccessLogLayerOptions {
  /** Form of a line. Default `'json'`. */
  readonly format?: 'common' | 'combined' | 'json';
  /** Takes a line, without its line end. Default: `console.log`. */
  readonly write?: (line: string) => void;
  /** Header fields of requests that a line of JSON holds; sensitive ones without their values. Default: none. */
  readonly headers?: readonly string[];
  /** Query parameters whose values are left out, in any case. Default: {@link defaultSensitiveParameters}. */
  readonly redactQuery?: readonly string[];
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/** Query parameters whose values an access log leaves out, unless it is told otherwise. */
export const defaultSensitiveParameters: readonly string[] = [
  'access_token',
  'api_key',
  'apikey',
  'auth',
  'awsaccesskeyid',
  'client_secret',
  'code',
  'id_token',
  'key',
  'passwd',
  'password',
  'refresh_token',
  'secret',
  'sig',
  'signature',
  'token',
  'x-amz-credential',
  'x-amz-security-token',
  'x-amz-signature',
  'x-goog-credential',
  'x-goog-signature',
];

/**
 * Writes one line for every exchange, after its last byte.
 *
 * @remarks
 * A line comes in any case, once: also if the service fails (with the status that the server answers with, unless a layer outside says
 * otherwise) and if the client goes away (`aborted`, and `-` as the status if there was no response yet). Bytes are those of the body as this
 * layer sees it: put it outside of `compressionLayer` to count what is sent.
 *
 * Nothing that a client sends can forge a line: quotes, control characters and all beyond ASCII are escaped. Values of sensitive header fields
 * and query parameters, those of Referer too, are left out; the same headers are meant as everywhere, see `sensitiveHeadersLayer`. Client,
 * user and id are those of PeerAddress, AuthUser and RequestId.
 *
 * `common`: `client - user [time] "request line" status bytes`. `combined`: and `"referer" "user agent"`. `json`: an object with `time`,
 * `client`, `user`, `id`, `method`, `target`, `version`, `status`, `rpc.status_code`, `bytes`, `durationMs`, `outcome`, `error`, `headers`; what
 * is not known is left out. `rpc.status_code` is how a call of gRPC has ended, such as `NOT_FOUND`, where the service has said so:
 * {@link grpcStatusOf}.
 *
 * @throws UsageError if an option is invalid. What `write` throws goes to `console.error`, never to the exchange.
 *
 * @example
 * const service = stack(
 *   accessLogLayer({ format: 'common', write: (line) => console.log(line) }),
 *   serviceFn((request: HttpRequest) => HttpResponse.text(request.path)),
 * );
 */
export function accessLogLayer(options: AccessLogLayerOptions = {}): Layer<HttpRequest, HttpResponse> {
  const { format = 'json', write = console.log, headers = [], clock = systemClock } = options;
  requireOneOf('format', format, ['common', 'combined', 'json']);
  requireFunction('write', write);
  if (!Array.isArray(headers)) throw new UsageError('headers must be a list of header names');
  for (const name of headers) requireFieldName('headers', name);
  const { redactQuery = defaultSensitiveParameters } = options;
  if (!Array.isArray(redactQuery)) throw new UsageError('redactQuery must be a list of names');
  const secrets: ReadonlySet<string> = new Set(redactQuery.map((name: string) => name.toLowerCase()));

  const lineOf = (entry: Entry): string => {
    if (format === 'json') return jsonLine(entry, headers, secrets);
    const common = commonLine(entry);
    if (format === 'common') return common;
    const quoted = (name: string) => `"${escapedForLog(loggedField(entry.end.request, name, secrets) ?? '-')}"`;
    return `${common} ${quoted('referer')} ${quoted('user-agent')}`;
  };

  return httpTraceLayer<number>({
    clock,
    onStart: () => clock.epochMs(),
    onEnd: (epochMs, end) => write(lineOf({ epochMs, end, target: redactedTarget(end.request.target, secrets) })),
    onHookError: (error) => tellFailure('writing an access log', error),
  });
}

/** What a line is made of. */
interface Entry {
  /** When the request began. */
  readonly epochMs: number;
  readonly end: HttpExchangeEnd;
  /** The target without secrets. */
  readonly target: string;
}

function commonLine({ epochMs, end, target }: Entry): string {
  const { request } = end;
  const { method, version } = request;
  const who = `${logToken(clientOf(request))} - ${logToken(request.extensions.get(AuthUser)?.name)}`;
  const line = escapedForLog(`${method} ${target} HTTP/${version}`);
  return `${who} [${commonLogTime(epochMs)}] "${line}" ${statusOf(end) ?? '-'} ${end.bodyBytes === 0 ? '-' : end.bodyBytes}`;
}

function jsonLine({ epochMs, end, target }: Entry, names: readonly string[], secrets: ReadonlySet<string>): string {
  const { request, outcome, error } = end;
  const line = JSON.stringify({
    time: new Date(epochMs).toISOString(),
    client: clientOf(request),
    user: request.extensions.get(AuthUser)?.name,
    id: request.extensions.get(RequestId),
    method: request.method,
    target,
    version: request.version,
    status: statusOf(end),
    'rpc.status_code': end.response && grpcStatusOf(end.response),
    bytes: end.bodyBytes,
    durationMs: Math.round(end.durationMs * 1_000) / 1_000,
    outcome,
    error: outcome === 'error' ? errorName(error) : undefined,
    headers: names.length === 0 ? undefined : headersOf(request, names, secrets),
  });
  // JSON leaves these as they are; terminals do not.
  return line.replace(BEYOND_ASCII, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function headersOf(
  request: HttpRequest,
  names: readonly string[],
  secrets: ReadonlySet<string>,
): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const name of names.map((each) => each.toLowerCase())) {
    const value = loggedField(request, name, secrets);
    if (value !== undefined) fields[name] = value;
  }
  return fields;
}

/** A field without its secrets: a Referer has a query too. */
function loggedField(request: HttpRequest, name: string, secrets: ReadonlySet<string>): string | undefined {
  const value = request.headers.get(name);
  if (value !== undefined && sensitiveHeadersOf(request).has(name)) return REDACTED;
  return value === undefined || name !== 'referer' ? value : redactedTarget(value, secrets);
}

/** Of an exchange that failed before there was a response, the status that the server answers with. */
function statusOf({ response, outcome, error }: HttpExchangeEnd): number | undefined {
  if (response !== undefined) return response.status;
  return outcome === 'error' ? errorResponse(error).status : undefined;
}

function clientOf(request: HttpRequest): string | undefined {
  const peer: Address | undefined = request.extensions.get(PeerAddress);
  if (peer === undefined) return undefined;
  return peer.type === 'tcp' ? peer.host.toString() : 'unix';
}

/** The code or the kind, never the message, which may hold anything. */
function errorName(error: unknown): string {
  if (isLamellaError(error)) return error.code;
  return error instanceof Error ? error.name : typeof error;
}

const BEYOND_ASCII = /[\x7f-\uffff]/g;
