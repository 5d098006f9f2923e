import { HarError } from '../../errors.ts';
import { isFieldValue, isToken } from '../../message/field-syntax.ts';
import { HttpHeaders } from '../../message/http-headers.ts';

/** An exchange of a HAR file that can be answered with. */
export interface RecordedExchange {
  readonly method: string;
  readonly url: URL;
  /** Content of the request, if it was recorded as a whole. */
  readonly requestBody: Uint8Array | undefined;
  readonly status: number;
  readonly reason: string;
  readonly headers: HttpHeaders;
  readonly body: Uint8Array;
}

/**
 * Reads a HAR file, whoever wrote it.
 *
 * @param har - Text, or what `JSON.parse` made of it.
 * @returns The exchanges that can be answered with: those with a status of 200 to 599 whose content is there as a whole.
 * @throws HarError `LML_ERR_HAR_BAD_FILE`, saying where, if it is none or holds what no message may hold.
 */
export function parseHar(har: unknown): RecordedExchange[] {
  const log = objectAt(objectAt(typeof har === 'string' ? parsed(har) : har, 'the file')['log'], 'log');
  const { entries } = log;
  if (!Array.isArray(entries)) throw bad('log.entries', 'is no list');
  return entries.flatMap((entry: unknown, index) => exchangeOf(entry, `log.entries[${index}]`) ?? []);
}

function exchangeOf(value: unknown, where: string): RecordedExchange | undefined {
  const entry = objectAt(value, where);
  const request = objectAt(entry['request'], `${where}.request`);
  const response = objectAt(entry['response'], `${where}.response`);
  const { method, url } = request;
  const { status } = response;
  if (typeof method !== 'string' || !isToken(method)) throw bad(`${where}.request.method`, 'is no method');
  const parsedUrl = typeof url === 'string' ? URL.parse(url) : null;
  if (parsedUrl === null) throw bad(`${where}.request.url`, 'is no URL');
  if (typeof status !== 'number' || !Number.isInteger(status)) throw bad(`${where}.response.status`, 'is no status');
  if (status < 200 || status > 599) return undefined; // no answer at all, or one that is no last word

  const content = objectAt(response['content'] ?? {}, `${where}.response.content`);
  const body = bytesOf(content, content['encoding']);
  const isMissing = body === undefined && typeof content['size'] === 'number' && content['size'] > 0;
  if (isMissing || content['_truncated'] === true) return undefined;
  const { statusText = '' } = response;
  if (typeof statusText !== 'string' || !isFieldValue(statusText))
    throw bad(`${where}.response.statusText`, 'is no reason');
  return {
    method,
    url: parsedUrl,
    requestBody: requestBodyOf(request['postData']),
    status,
    reason: statusText,
    headers: headersOf(response['headers'], content['_contentEncoding'] !== undefined, `${where}.response.headers`),
    body: body ?? new Uint8Array(0),
  };
}

function requestBodyOf(postData: unknown): Uint8Array | undefined {
  if (!isObject(postData)) return new Uint8Array(0);
  return postData['_truncated'] === true ? undefined : bytesOf(postData, postData['_encoding']);
}

function bytesOf({ text }: Record<string, unknown>, encoding: unknown): Uint8Array | undefined {
  if (typeof text !== 'string') return undefined;
  return Buffer.from(text, encoding === 'base64' ? 'base64' : 'utf8');
}

function headersOf(value: unknown, isEncoded: boolean, where: string): HttpHeaders {
  if (!Array.isArray(value)) throw bad(where, 'is no list');
  const headers = HttpHeaders.from();
  for (const [index, pair] of value.entries()) {
    const { name, value: text } = objectAt(pair, `${where}[${index}]`);
    if (typeof name !== 'string' || typeof text !== 'string') throw bad(`${where}[${index}]`, 'is no pair of texts');
    if (isLeftOut(name.toLowerCase(), isEncoded)) continue;
    try {
      // Browsers write several Set-Cookie as one, with line feeds between.
      for (const line of name.toLowerCase() === 'set-cookie' ? text.split('\n') : [text]) headers.append(name, line);
    } catch (cause) {
      throw bad(`${where}[${index}]`, 'may not stand in a message', cause);
    }
  }
  return headers;
}

/** Pseudo fields of HTTP/2, framing that the server makes anew, and a coding that the content is not in. */
function isLeftOut(name: string, isEncoded: boolean): boolean {
  return name.startsWith(':') || FRAMING.has(name) || (name === 'content-encoding' && !isEncoded);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw bad('the file', 'is no JSON', cause);
  }
}

function objectAt(value: unknown, where: string): Record<string, unknown> {
  if (!isObject(value)) throw bad(where, 'is no object');
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function bad(where: string, what: string, cause?: unknown): HarError {
  return new HarError('LML_ERR_HAR_BAD_FILE', `HAR: ${where} ${what}`, cause === undefined ? {} : { cause });
}

const FRAMING: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
