// Forward

export type { ForwardProxyOptions } from './forward/forward-proxy-service.ts';
export { forwardProxyService } from './forward/forward-proxy-service.ts';
export type { BasicProxyAuthOptions, ProxyAuth, ProxyUser } from './forward/proxy-auth.ts';
export { basicProxyAuth } from './forward/proxy-auth.ts';
export type { SafeListenOptions } from './forward/safe-listen.ts';
export { requireSafeListen } from './forward/safe-listen.ts';

// Reverse

export type { ForwardedStyle, ReverseProxyOptions } from './reverse/reverse-proxy-service.ts';
export { reverseProxyService } from './reverse/reverse-proxy-service.ts';
export type { ReverseRoute } from './reverse/route.ts';

// Groups of upstreams

export type { CanaryOptions } from './upstream/canary-service.ts';
export { canaryService } from './upstream/canary-service.ts';
export type { ResolvedServers, ResolvedServersOptions } from './upstream/resolved-servers.ts';
export { resolvedServers } from './upstream/resolved-servers.ts';
export type { StickyCookieOptions } from './upstream/sticky-cookie.ts';
export type { UpstreamCheckOptions } from './upstream/upstream-check.ts';
export type { UpstreamGroup, UpstreamGroupOptions, UpstreamRetryOptions } from './upstream/upstream-group.ts';
export { upstreamGroup } from './upstream/upstream-group.ts';
export type { UpstreamServer } from './upstream/upstream-server.ts';

// Error pages

export type { ErrorPage } from './error-pages/error-page.ts';
export type { ErrorPagesOptions } from './error-pages/error-pages-layer.ts';
export { errorPagesLayer } from './error-pages/error-pages-layer.ts';

// Both

export type { ForwardingOptions } from './forwarding/forwarding-options.ts';
export type { GatewayErrorOptions } from './forwarding/gateway-error.ts';
export { GatewayFailure, gatewayErrorResponse } from './forwarding/gateway-error.ts';
export { MadeByProxy } from './forwarding/made-by-proxy.ts';
export type { UpgradeJoin, UpgradeRelay } from './forwarding/upgrade-relay.ts';
