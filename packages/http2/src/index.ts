export { http2ServerLayer } from './server/http2-server-layer.ts';
