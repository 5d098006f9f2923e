import { HttpHeaders } from '@lamella/http';
import { CliError, EXIT } from '../cli-error.ts';
import { version } from '../version.ts';

/** A header line as it was typed. */
export interface TypedHeader {
  readonly name: string;
  /** `undefined`: the default of that name is not sent. */
  readonly value: string | undefined;
}

/** What decides about the fields of a request. */
export interface RequestHeadersInit {
  readonly typed: readonly TypedHeader[];
  /** `name:password` for the origin. */
  readonly credentials: string | undefined;
  /** Cookies for the origin, as a field value. */
  readonly cookies: string | undefined;
  /** Whether compressed content is asked for. */
  readonly isCompressed: boolean;
  /** Fields that go with the content. */
  readonly content: readonly (readonly [name: string, value: string])[];
  /** Whether a redirect has taken the content away, and so the typed fields that describe it. RFC 9110 section 15.4. */
  readonly hasLostContent: boolean;
  /** Whether the request goes to the origin that credentials, cookies and Host were given for. */
  readonly isSameOrigin: boolean;
}

/** Puts the fields of a request together: defaults, unless they were typed, then what was typed. */
export function requestHeaders(init: RequestHeadersInit): HttpHeaders {
  const { typed, credentials, cookies, isCompressed, hasLostContent, isSameOrigin } = init;
  const headers = HttpHeaders.from();
  const defaults: readonly (readonly [name: string, value: string | undefined])[] = [
    ['Authorization', isSameOrigin && credentials !== undefined ? basic(credentials) : undefined],
    ['User-Agent', `lamella/${version}`],
    ['Accept', init.content.some(([name]) => name === 'Accept') ? undefined : '*/*'],
    ['Accept-Encoding', isCompressed ? 'zstd, br, gzip, deflate' : undefined],
    ['Cookie', isSameOrigin ? cookies : undefined],
    ...init.content,
  ];
  for (const [name, value] of defaults) {
    if (value !== undefined && !typed.some((header) => isNamed(header.name, name))) headers.append(name, value);
  }
  for (const { name, value } of typed) {
    const isPrivate = !isSameOrigin && PRIVATE.some((each) => isNamed(name, each));
    if (hasLostContent && /^content-/i.test(name)) continue;
    // The framing is the engine's; what this one asks for, the body does.
    if (value !== undefined && !isPrivate && !isNamed(name, 'transfer-encoding')) headers.append(name, value);
  }
  return headers;
}

/** Understands `Name: value`; `Name:` removes a default, `Name;` sends an empty value. What is not ASCII goes out as UTF-8. */
export function typedHeader(line: string): TypedHeader {
  const match = /^([^:;\s]+)(?::(.*)|;)$/s.exec(line);
  if (match === null) throw new CliError(`-H ${JSON.stringify(line)}: write 'Name: value'`, EXIT.usage);
  const [, name = '', value] = match;
  if (value === undefined) return { name, value: '' };
  const trimmed = Buffer.from(value.trim(), 'utf8').toString('latin1');
  return { name, value: trimmed === '' ? undefined : trimmed };
}

/** Whether `Transfer-Encoding: chunked` was typed. */
export function asksForChunks(typed: readonly TypedHeader[]): boolean {
  return typed.some(({ name, value }) => isNamed(name, 'transfer-encoding') && value?.toLowerCase() === 'chunked');
}

function basic(credentials: string): string {
  const whole = credentials.includes(':') ? credentials : `${credentials}:`;
  return `Basic ${Buffer.from(whole, 'utf8').toString('base64')}`;
}

function isNamed(name: string, other: string): boolean {
  return name.toLowerCase() === other.toLowerCase();
}

const PRIVATE: readonly string[] = ['authorization', 'cookie', 'host'];
