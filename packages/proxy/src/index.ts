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

// Both

export type { ForwardingOptions } from './forwarding/forwarding-options.ts';
export type { GatewayErrorOptions } from './forwarding/gateway-error.ts';
export { GatewayFailure, gatewayErrorResponse } from './forwarding/gateway-error.ts';
export type { UpgradeJoin, UpgradeRelay } from './forwarding/upgrade-relay.ts';
