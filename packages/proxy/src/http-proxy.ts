// The options of http-proxy, for those who come from there

export type { HttpProxyCompatOptions, HttpProxyTarget } from './http-proxy/http-proxy-options.ts';
export { httpProxyOptions } from './http-proxy/http-proxy-options.ts';
