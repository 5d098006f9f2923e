import type { ExtensionKey } from '@lamella/service-core';
import { extensionKey } from '@lamella/service-core';

/** Who a request comes from, as far as its credentials say. */
export interface AuthenticatedUser {
  /** Name of the user, or of the client. */
  readonly name: string;
  /** What the credentials are good for. */
  readonly scopes?: readonly string[];
  /** More that is known, such as the claims of a token. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** The user of a request, put in by `basicAuthLayer` and `bearerAuthLayer`. */
export const AuthUser: ExtensionKey<AuthenticatedUser, 'request'> = extensionKey('http/auth-user', {
  scope: 'request',
});

/** The user of a proxy, put in by `proxyAuthLayer`. */
export const ProxyAuthUser: ExtensionKey<AuthenticatedUser, 'request'> = extensionKey('http/proxy-auth-user', {
  scope: 'request',
});
