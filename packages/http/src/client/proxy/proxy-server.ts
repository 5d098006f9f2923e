import type { Address } from '@lamella/net-core';
import { formatAddress, tryParseAuthority } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';
import { basicCredentials } from '../credentials.ts';

/** Reads the `Proxy-Authorization` of a proxy, `undefined` if it has none. A function, so that no log shows it by accident. */
export let proxyAuthorizationOf: (server: ProxyServer) => string | undefined;

/** One HTTP proxy: where it is, and who we are to it. What it shows of itself has no credentials. */
export class ProxyServer {
  readonly address: Address;
  /** Whether it is spoken to by TLS. */
  readonly secure: boolean;
  /** Host and port, with the scheme if it is spoken to by TLS; for people. */
  readonly name: string;
  readonly #authorization: string | undefined;

  static {
    proxyAuthorizationOf = (server) => server.#authorization;
  }

  constructor(address: Address, authorization: string | undefined, secure: boolean) {
    this.address = address;
    this.secure = secure;
    this.name = secure ? `https://${formatAddress(address)}` : formatAddress(address);
    this.#authorization = authorization;
  }

  /** Scheme, host and port. */
  get url(): string {
    return this.secure ? this.name : `http://${this.name}`;
  }

  toString(): string {
    return this.name;
  }

  toJSON(): string {
    return this.name;
  }
}

/**
 * Reads the URL of a proxy as curl does: the scheme may be missing, the port is 1080 where none is given, 443
 * for `https`, user and password are
 * percent-encoded, a path is ignored.
 *
 * @throws UsageError that does not repeat the text, since it may hold a password.
 */
export function parseProxyUrl(text: string): ProxyServer {
  const [, scheme = 'http', userInfo, authorityText = ''] = PROXY_URL.exec(text.trim()) ?? [];
  if (/^socks[45]?[ah]?$/i.test(scheme)) {
    throw new UsageError(`${scheme.toLowerCase()} proxies are not supported yet: use an http or https proxy`);
  }
  const secure = scheme.toLowerCase() === 'https';
  if (!secure && scheme.toLowerCase() !== 'http')
    throw new UsageError(`no proxy has the scheme ${JSON.stringify(scheme)}`);
  const authority = tryParseAuthority(authorityText);
  if (authority === undefined)
    throw new UsageError('the address of a proxy is http[s]://[user[:password]@]host[:port]');
  const { host, port = secure ? 443 : DEFAULT_PROXY_PORT } = authority;
  return new ProxyServer(
    { type: 'tcp', host, port },
    userInfo === undefined ? undefined : `Basic ${credentialsOf(userInfo)}`,
    secure,
  );
}

function credentialsOf(userInfo: string): string {
  const colon = userInfo.indexOf(':');
  const user = decoded(colon < 0 ? userInfo : userInfo.slice(0, colon));
  const password = decoded(colon < 0 ? '' : userInfo.slice(colon + 1));
  return basicCredentials(user, password);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new UsageError('user and password of a proxy must be percent-encoded UTF-8');
  }
}

/** Scheme, user information, host and port; the last `@` ends the user information, as curl has it. */
const PROXY_URL = /^(?:([A-Za-z][A-Za-z0-9+.-]*):\/\/)?(?:([^/?#]*)@)?([^/?#@]*)(?:[/?#].*)?$/s;
const DEFAULT_PROXY_PORT = 1080;
