import type { ProxyChain, ProxyEnvironment, ProxySelector, ViaOptions } from '@lamella/http';
import { proxyFromEnvironment } from '@lamella/http';
import { CliError, EXIT, messageOf } from '../cli-error.ts';
import { proxyUrl } from './proxy-url.ts';

/** What the options say about proxies. */
export interface ProxyOptions {
  readonly proxy?: string;
  readonly proxyUser?: string;
  readonly noproxy?: string;
}

/** Chooses the proxy of each request. */
export interface ProxyChoice {
  readonly select: ProxySelector;
  /** Whether the last request went to a proxy. */
  readonly isProxied: boolean;
}

/**
 * The proxy that `-x` names, else the one of the environment; for hosts that `--noproxy` names, else the environment, none.
 *
 * @remarks
 * As in curl: `-x ''` means none, `-U` counts for proxies of the environment too, and `no_proxy` for the one of `-x`.
 *
 * @param viaOptions - How to go through it.
 * @throws CliError if `-x` is no proxy. When a request needs a proxy of the environment that is none: CliError.
 */
export function proxyChoice(
  options: ProxyOptions,
  environment: ProxyEnvironment,
  viaOptions: ViaOptions = {},
): ProxyChoice {
  const selector = proxyFromEnvironment(withOptions(environment, options), viaOptions);
  let chosen: ProxyChain | undefined;
  return {
    select(target, request) {
      try {
        chosen = selector(target, request);
      } catch (cause) {
        chosen = undefined;
        throw new CliError(`a proxy of the environment: ${messageOf(cause)}`, EXIT.proxyNotFound, { cause });
      }
      return chosen;
    },
    get isProxied() {
      return chosen !== undefined;
    },
  };
}

/** The options as variables, which go before those that are there. */
function withOptions(environment: ProxyEnvironment, options: ProxyOptions): ProxyEnvironment {
  const { proxy, proxyUser, noproxy } = options;
  const proxies =
    proxy === undefined
      ? VARIABLES.map((name) => [name, withUser(environment[name], proxyUser)] as const)
      : VARIABLES.map((name) => [name, proxy === '' ? '' : proxyUrl(proxy, proxyUser)] as const);
  const exceptions = noproxy === undefined ? {} : { no_proxy: noproxy, NO_PROXY: '' };
  return { ...environment, ...Object.fromEntries(proxies), ...exceptions };
}

/** What is no proxy of ours stays as it is, and is told of when a request needs it. */
function withUser(url: string | undefined, user: string | undefined): string | undefined {
  if (url === undefined || url === '' || user === undefined) return url;
  try {
    return proxyUrl(url, user);
  } catch {
    return url;
  }
}

const VARIABLES = ['http_proxy', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'] as const;
