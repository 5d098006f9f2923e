export { directClientOn, httpClientOn } from './testing/http-client-on.ts';
export type { HttpConnectionSubject, HttpConnectionUnderTest } from './testing/http-connection-cases.ts';
export { httpConnectionCases } from './testing/http-connection-cases.ts';
