// The options of http-proxy, for those who come from there

export type { ExtraFields } from './http-proxy/extra-fields.ts';
export type { HttpProxyCompatOptions } from './http-proxy/http-proxy-options.ts';
export { httpProxyOptions } from './http-proxy/http-proxy-options.ts';
export type { HttpProxySsl, HttpProxySslOptions } from './http-proxy/http-proxy-ssl.ts';
export { httpProxySsl } from './http-proxy/http-proxy-ssl.ts';
export type { CookieRewrite } from './http-proxy/rewrite-cookies.ts';
export type { TargetClientOptions } from './http-proxy/target-client.ts';
export type { HttpProxyTarget } from './http-proxy/target-place.ts';
export type { Pem, TlsParts } from './http-proxy/tls-parts.ts';
