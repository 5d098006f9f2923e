// Routes

export type { HostRouterOptions } from './router/host-router.ts';
export { hostRouter } from './router/host-router.ts';
export type { MountPoint, NameOf, NamesOf, PathParams } from './router/path-params.ts';
export { MatchedRoute, MountedAt, RouteParams, routeParams } from './router/path-params.ts';
export type { AddRoute, RouteHandler, RouteOptions, Router, RouterOptions } from './router/router.ts';
export { router } from './router/router.ts';
export { canonicalPath, pathSegments } from './shared/canonical-path.ts';

// Content of requests

export type { BodyReader } from './body/body-reader.ts';
export { bodyService } from './body/body-reader.ts';
export type { FormBodyOptions, FormFields } from './body/form-body.ts';
export { formBody } from './body/form-body.ts';
export type { JsonBodyOptions } from './body/json-body.ts';
export { jsonBody } from './body/json-body.ts';
export { multipartBody } from './body/multipart-body.ts';
export type { MultipartBodyOptions } from './body/multipart-body-options.ts';
export type { MultipartPart } from './body/multipart-parts.ts';
export type { PlainBodyOptions } from './body/plain-bodies.ts';
export { bytesBody, textBody } from './body/plain-bodies.ts';
export { safeFileName } from './body/safe-file-name.ts';

// Redirects

export type { RedirectResponseOptions, RedirectServiceOptions, RedirectStatus } from './redirect/redirect.ts';
export { localTarget, redirectResponse, redirectService } from './redirect/redirect.ts';

// Problems

export type { Problem, ProblemResponseOptions } from './problem/problem.ts';
export { problemResponse } from './problem/problem.ts';
export type { ProblemLayerOptions } from './problem/problem-layer.ts';
export { problemLayer } from './problem/problem-layer.ts';
export { problemOf } from './problem/problem-of.ts';

// Events

export type { EventStreamItem, ReceivedEvent } from './codec/event-stream-decoder.ts';
export { EventStreamDecoder } from './codec/event-stream-decoder.ts';
export type { ServerSentEvent } from './codec/event-stream-encoder.ts';
export { encodeEvent } from './codec/event-stream-encoder.ts';
export type { SseEventsOptions } from './sse/sse-events.ts';
export { sseEvents } from './sse/sse-events.ts';
export type { SseResponseOptions } from './sse/sse-response.ts';
export { lastEventId, sseResponse } from './sse/sse-response.ts';

// Health

export type { HealthOptions } from './health/health-service.ts';
export { healthLayer, healthService } from './health/health-service.ts';

// Files

export { staticFilesService } from './static/static-files-service.ts';
export type { PrecompressedCoding, StaticFilesOptions } from './static/static-options.ts';

// Errors

export type { MultipartErrorCode } from './codec/multipart-errors.ts';
export { MultipartError } from './codec/multipart-errors.ts';
export type {
  BodyIssue,
  EventStreamErrorCode,
  ProblemErrorCode,
  RequestBodyErrorCode,
  RequestBodyErrorOptions,
  StaticFileErrorCode,
} from './errors.ts';
export { EventStreamError, ProblemError, RequestBodyError, StaticFileError } from './errors.ts';
