import type { HttpRequest } from '@lamella/http';
import { followRedirectLayer, HttpResponse, isToken, replayBodyLayer } from '@lamella/http';
import { shadowLayer, timeoutLayer } from '@lamella/layers';
import type { Clock, Service } from '@lamella/service-core';
import { UsageError } from '@lamella/service-core';
import type { ForwardingOptions } from '../forwarding/forwarding-options.ts';
import { GatewayFailure } from '../forwarding/gateway-error.ts';
import { reverseProxyService } from '../reverse/reverse-proxy-service.ts';
import type { ExtraFields } from './extra-fields.ts';
import { fieldSetter } from './extra-fields.ts';
import { refuseReplaced } from './replaced-options.ts';
import type { CookieRewrite } from './rewrite-cookies.ts';
import { cookieRewriter } from './rewrite-cookies.ts';
import { locationRewriter } from './rewrite-location.ts';
import type { TargetClientOptions } from './target-client.ts';
import { targetClient } from './target-client.ts';
import type { HttpProxyTarget, PathOptions, TargetPlace } from './target-place.ts';
import { targetAt, targetPlace } from './target-place.ts';

/** Options of {@link httpProxyOptions}: those of http-proxy by their own names, and ours. */
export interface HttpProxyCompatOptions extends Omit<ForwardingOptions, 'client'>, TargetClientOptions {
  /** Gets the requests; as parts it may hold `ca`, `cert`, `key`, `passphrase` and `ciphers`. */
  readonly target?: HttpProxyTarget;
  /** Gets a copy of each request, or without a `target` the request itself; its responses are thrown away. */
  readonly forward?: HttpProxyTarget;
  /** Whether upgrades go on. Default false: the request goes on without. */
  readonly ws?: boolean;
  /** Whether X-Forwarded-For, -Host, -Proto and -Port are written, behind what the client sent. Default false: as the client sent them. */
  readonly xfwd?: boolean;
  /** Whether the target gets its own Host instead of the one that was asked for. Default false. */
  readonly changeOrigin?: boolean;
  /** Whether the path of the target stands in front of the one that was asked for. Default true. */
  readonly prependPath?: boolean;
  /** Whether the path that was asked for is left out. Default false. */
  readonly ignorePath?: boolean;
  /** `user:password` for basic authentication, where the client sends none. Default: none. */
  readonly auth?: string;
  /** Method that requests go on with. Default: their own. */
  readonly method?: string;
  /** Fields to set on requests. Default: none. */
  readonly headers?: ExtraFields;
  /** Host for redirects that lead to the target. Default: as the target says. */
  readonly hostRewrite?: string;
  /** Whether redirects that lead to the target get the host that was asked for. Default false. */
  readonly autoRewrite?: boolean;
  /** Scheme for redirects that lead to the target, `http` or `https`. Default: as the target says. */
  readonly protocolRewrite?: string;
  /** New Domain of cookies, by the old one. Default false: as it is. */
  readonly cookieDomainRewrite?: CookieRewrite;
  /** New Path of cookies, by the old one. Default false: as it is. */
  readonly cookiePathRewrite?: CookieRewrite;
  /** Longest time until the head of the response, in milliseconds, greater than 0; then 504. Default: that of the client. */
  readonly proxyTimeout?: number;
  /** Whether the proxy follows redirects itself. Default false: they are passed on. */
  readonly followRedirects?: boolean;
  /** Case of names is always kept. */
  readonly preserveHeaderKeyCase?: boolean;
  /** Source of time. Default: the system clock. */
  readonly clock?: Clock;
}

/**
 * Makes a reverse proxy of options of http-proxy.
 *
 * @remarks
 * Options that are not listed have no counterpart; each is a UsageError that names what does its work. What http-proxy does wrong is not
 * copied: fields for one hop are taken off, Via is added, paths with dot segments are refused, repeated slashes stay, a target that
 * fails is 502 or 504.
 *
 * @throws UsageError if an option makes no sense, is unknown or has been replaced.
 *
 * @example
 * const client = createHttpClient({ connector: memoryNetwork().connector() });
 * const proxy = httpProxyOptions({ client, target: 'http://127.0.0.1:3000', changeOrigin: true, xfwd: true, ws: true });
 * const secured = httpProxyOptions({ connector: memoryNetwork().connector(), target: 'https://api.test', changeOrigin: true });
 */
export function httpProxyOptions(options: HttpProxyCompatOptions): Service<HttpRequest, HttpResponse> {
  refuseReplaced(options, KNOWN);
  const { target, forward, xfwd = false, changeOrigin = false, ws = false } = options;
  const paths = { prependPath: options.prependPath ?? true, ignorePath: options.ignorePath ?? false };
  const place = target === undefined ? undefined : targetPlace('target', target, paths);
  const copyTo = forward === undefined ? undefined : targetPlace('forward', forward, paths);
  const main = place ?? copyTo;
  if (main === undefined) throw new UsageError('target or forward must say where requests go');
  if (options.method !== undefined && !isToken(options.method)) {
    throw new UsageError(`method must be a token, got ${JSON.stringify(options.method)}`);
  }

  const client = targetClient(options);
  const setFields = fieldSetter(options.headers ?? {}, options.auth, !changeOrigin);
  const rewriteLocation = locationRewriter(`${main.scheme}://${main.authority}`, {
    hostRewrite: options.hostRewrite,
    autoRewrite: options.autoRewrite ?? false,
    protocolRewrite: options.protocolRewrite,
  });
  const rewriteDomain = cookieRewriter('cookieDomainRewrite', 'domain', options.cookieDomainRewrite);
  const rewritePath = cookieRewriter('cookiePathRewrite', 'path', options.cookiePathRewrite);
  const { pseudonym, relay, upgrade, onRelayEnd, editRequest, editResponse } = options;

  const proxy = reverseProxyService({
    client: sender(client, main, place === undefined ? undefined : copyTo, paths, options),
    routes: [{ to: `${main.scheme}://${main.authority}` }],
    keepsHost: !changeOrigin,
    forwarded: xfwd ? 'x-forwarded' : 'none',
    trustsForwarded: true, // http-proxy believes them all
    editRequest(headers, request) {
      setFields?.(headers);
      editRequest?.(headers, request);
    },
    editResponse(headers, response, request) {
      rewriteLocation?.(headers, response, request);
      rewriteDomain?.(headers);
      rewritePath?.(headers);
      editResponse?.(headers, response, request);
    },
    ...(pseudonym === undefined ? {} : { pseudonym }),
    ...(relay === undefined ? {} : { relay }),
    ...(upgrade === undefined ? {} : { upgrade }),
    ...(onRelayEnd === undefined ? {} : { onRelayEnd }),
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  });
  const whole = ws ? proxy : withoutUpgrades(proxy);
  return place === undefined ? withoutAnswers(whole) : whole;
}

/** Sends requests where they belong, and copies of them if there is a place for those. */
function sender(
  client: Service<HttpRequest, HttpResponse>,
  main: TargetPlace,
  copyTo: TargetPlace | undefined,
  paths: PathOptions,
  { method, proxyTimeout, followRedirects = false, clock }: HttpProxyCompatOptions,
): Service<HttpRequest, HttpResponse> {
  const time = clock === undefined ? {} : { clock };
  const following = followRedirects ? followRedirectLayer()(client) : client;
  const timed = proxyTimeout === undefined ? following : timeoutLayer({ timeoutMs: proxyTimeout, ...time })(following);
  const changes = method === undefined ? {} : { method };
  const placed: Service<HttpRequest, HttpResponse> = {
    serve: (request) => timed.serve(request.with({ ...changes, target: targetAt(main, request, paths) })),
  };
  if (copyTo === undefined) return placed;
  const copying = shadowLayer<HttpRequest, HttpRequest, HttpResponse>({
    service: timed,
    copy(request) {
      const body = request.body.tryClone();
      const headers = request.headers.clone();
      headers.delete('upgrade'); // a copy has nobody to talk to
      headers.delete('connection');
      const onInformational = (): void => {}; // what a copy is told on the way is not for the client
      const target = targetAt(copyTo, request, paths);
      return body && request.with({ ...changes, target, headers, body, onInformational });
    },
    maxConcurrent: MAX_COPIES,
    ...time,
  });
  return replayBodyLayer({ maxBytes: MAX_COPIED_BYTES })(copying(placed));
}

function withoutUpgrades(inner: Service<HttpRequest, HttpResponse>): Service<HttpRequest, HttpResponse> {
  return {
    serve(request) {
      if (!request.headers.has('upgrade')) return inner.serve(request);
      const headers = request.headers.clone();
      headers.delete('upgrade');
      return inner.serve(request.with({ headers }));
    },
  };
}

/** The answer of whoever only gets forwarded requests is nobody's business: an empty 200, whatever it was. */
function withoutAnswers(inner: Service<HttpRequest, HttpResponse>): Service<HttpRequest, HttpResponse> {
  return {
    async serve(request) {
      const response = await inner.serve(request);
      const failure = response.extensions.get(GatewayFailure);
      response[Symbol.dispose]();
      const answer = HttpResponse.from({});
      if (failure !== undefined) answer.extensions.insert(GatewayFailure, failure);
      return answer;
    },
  };
}

const KNOWN: ReadonlySet<string> = new Set([
  ...[
    'client',
    'connector',
    'lifecycle',
    'secure',
    'ca',
    'pseudonym',
    'relay',
    'upgrade',
    'onRelayEnd',
    'editRequest',
    'editResponse',
    'clock',
  ],
  ...['target', 'forward', 'ws', 'xfwd', 'changeOrigin', 'prependPath', 'ignorePath', 'auth', 'method', 'headers'],
  ...['hostRewrite', 'autoRewrite', 'protocolRewrite', 'cookieDomainRewrite', 'cookiePathRewrite'],
  ...['proxyTimeout', 'followRedirects', 'preserveHeaderKeyCase'],
]);

/** Copies under way; requests beyond that are not copied. */
const MAX_COPIES = 100;
/** Longest body that is copied. */
const MAX_COPIED_BYTES = 1024 * 1024;
