import { UsageError } from '@lamella/service-core';
import type { HttpHeaders } from '../../message/http-headers.ts';
import type { HttpRequest } from '../../message/http-request.ts';
import { urlScheme } from '../forwarded/request-scheme.ts';
import { redactedHeaders, sensitiveHeadersOf } from '../sensitive-headers/sensitive-headers-layer.ts';
import { requireInteger } from '../shared/option-checks.ts';
import { plainText, printfFormat, shellWord } from './shell-word.ts';

/** Options of {@link toCurl}. */
export interface ToCurlOptions {
  /** Whether values of sensitive header fields are written; see {@link sensitiveHeadersOf}. Default false: `[redacted]` stands there. */
  readonly includesSensitive?: boolean;
  /** Longest body to write into the command, in bytes, at least 0. Default 65_536 (64 KiB). */
  readonly maxBodyBytes?: number;
}

/**
 * Writes a request as a `curl` command for a POSIX shell that sends the same: method, target, fields and content, byte for byte.
 *
 * @remarks
 * Nothing in the request can become a command or an option: all of it stands in quotes. Fields that `curl` would add by itself (Accept,
 * User-Agent, Content-Type) are switched off where the request has none; Content-Length, Transfer-Encoding and a Host that the URL
 * says already are left to it, and so is the order of its own fields.
 *
 * A body at hand that is text stands in the command; other bytes come from a `printf` in front. One that is longer than `maxBodyBytes`
 * or a stream is not read: the command then takes the content from its standard input. The request can be sent afterwards.
 *
 * @throws UsageError for CONNECT, for HEAD with content, and for a request that does not say where it goes.
 *
 * @example
 * await toCurl(HttpRequest.from({ method: 'POST', target: 'http://a.test/', headers: { 'Content-Type': 'text/plain' }, body: "it's" }));
 * // curl --globoff --path-as-is --header 'Content-Type: text/plain' --header Accept: --header User-Agent: --data-raw 'it'\''s' http://a.test/
 */
export async function toCurl(request: HttpRequest, options: ToCurlOptions = {}): Promise<string> {
  const { includesSensitive = false, maxBodyBytes = 65_536 } = options;
  requireInteger('maxBodyBytes', maxBodyBytes, 0, Number.POSITIVE_INFINITY);
  const url = urlOf(request);
  const body = await bodyOf(request, maxBodyBytes);
  const hasBody = body !== 'none';
  if (request.method === 'HEAD' && hasBody) throw new UsageError('curl can send no content with HEAD');

  const words = ['curl', '--globoff', '--path-as-is'];
  if (request.method === 'HEAD') words.push('--head');
  else if (request.method !== (hasBody ? 'POST' : 'GET')) words.push('--request', latin1Word(request.method));
  for (const line of headerLines(request, url.authority, hasBody, includesSensitive))
    words.push('--header', latin1Word(line));
  if (!hasBody) return [...words, latin1Word(url.target)].join(' ');
  const inline = body === 'stdin' ? undefined : inlineText(body);
  if (inline !== undefined) words.push('--data-raw', inline);
  else words.push('--data-binary', '@-');
  const command = [...words, latin1Word(url.target)].join(' ');
  return body === 'stdin' || inline !== undefined ? command : `printf ${printfFormat(body)} | ${command}`;
}

function urlOf(request: HttpRequest): { target: string; authority: string } {
  const { method, parsedTarget, target, authority } = request;
  if (method === 'CONNECT') throw new UsageError('curl has no command for CONNECT alone');
  if (authority === undefined)
    throw new UsageError('the request does not say where it goes: it has neither a whole URL nor Host');
  if (parsedTarget.form === 'absolute') return { target, authority: parsedTarget.authority ?? authority };
  if (parsedTarget.form === 'asterisk') throw new UsageError('curl asks for "*" only with --request-target');
  return { target: `${urlScheme(request) ?? 'http'}://${authority}${target}`, authority };
}

async function bodyOf({ body }: HttpRequest, maxBytes: number): Promise<Uint8Array | 'none' | 'stdin'> {
  if (body.isEmpty) return 'none';
  if (!body.isAtHand || (body.size ?? 0) > maxBytes) return 'stdin';
  return (await body.tryClone()?.bytes({ maxBytes })) ?? 'stdin';
}

function* headerLines(
  request: HttpRequest,
  urlAuthority: string,
  hasBody: boolean,
  includesSensitive: boolean,
): Generator<string> {
  const { headers } = request;
  const sensitive = includesSensitive ? NONE : sensitiveHeadersOf(request);
  for (const [name, value] of redactedHeaders(headers, sensitive)) {
    if (isLeftToCurl(name.toLowerCase(), value, urlAuthority)) continue;
    yield value === '' ? `${name};` : `${name}: ${value}`; // with a colon and no value, curl leaves the field out
  }
  yield* absent(headers, hasBody ? ['Accept', 'User-Agent', 'Content-Type', 'Expect'] : ['Accept', 'User-Agent']);
}

/** Fields that curl adds by itself unless it is told not to. */
function* absent(headers: HttpHeaders, names: readonly string[]): Generator<string> {
  for (const name of names) if (!headers.has(name)) yield `${name}:`;
}

function isLeftToCurl(name: string, value: string, urlAuthority: string): boolean {
  if (name === 'host') return value === urlAuthority;
  return name === 'content-length' || name === 'transfer-encoding';
}

/** A single argument has a limit of its own, 128 KiB on Linux. */
function inlineText(body: Uint8Array): string | undefined {
  return body.length <= MAX_ARGUMENT_BYTES && plainText(body) !== undefined ? shellWord(body) : undefined;
}

/** Fields and targets have one character a byte. */
function latin1Word(text: string): string {
  return shellWord(Buffer.from(text, 'latin1'));
}

const NONE: ReadonlySet<string> = new Set();
const MAX_ARGUMENT_BYTES = 100_000;
