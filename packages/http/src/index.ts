// Messages

export type { BodyChunk, BodySource } from './message/body-source.ts';
export { hasListToken, isFieldValue, isToken, splitList, splitTokens, trimBlanks } from './message/field-syntax.ts';
export { heldUntilRead } from './message/held-until-read.ts';
export type { CollectOptions, HttpBodyInit, HttpBodyOptions } from './message/http-body.ts';
export { HttpBody } from './message/http-body.ts';
export type { HttpHeadersInit } from './message/http-headers.ts';
export { HttpHeaders } from './message/http-headers.ts';
export type {
  AllowQuietOptions,
  HttpForkOptions,
  HttpRequestChanges,
  HttpRequestInit,
  HttpRequestParts,
  HttpVersion,
  InformationalResponse,
} from './message/http-request.ts';
export { HttpRequest } from './message/http-request.ts';
export type { HttpResponseInit, HttpResponseParts, HttpUpgrade } from './message/http-response.ts';
export { HttpResponse } from './message/http-response.ts';
export { isIdempotent } from './message/method.ts';
export type { AbortCause, RequestContextOptions } from './message/request-context.ts';
export { RequestContext } from './message/request-context.ts';
export { RequestOrigin } from './message/request-origin.ts';
export type { RequestTarget } from './message/request-target.ts';
export { parseRequestTarget, tryParseRequestTarget } from './message/request-target.ts';
export { isBodyless, reasonPhrase } from './message/status.ts';

// Conditions, ranges and dates

export type { ConditionalLayerOptions } from './layers/conditional/conditional-layer.ts';
export { conditionalLayer } from './layers/conditional/conditional-layer.ts';
export type { RangeLayerOptions } from './layers/range/range-layer.ts';
export { rangeLayer } from './layers/range/range-layer.ts';
export type { ByteRange, ParseRangeOptions, RequestedRangesOptions } from './message/byte-ranges.ts';
export { formatContentRange, parseRange, requestedRanges } from './message/byte-ranges.ts';
export type { EntityTag } from './message/entity-tag.ts';
export { isStrongMatch, isWeakMatch, parseEntityTag, parseEntityTags } from './message/entity-tag.ts';
export { formatHttpDate, parseHttpDate } from './message/http-date.ts';
export type { ConditionalRequest, PreconditionOutcome, Validators } from './message/preconditions.ts';
export {
  evaluatePreconditions,
  hasPreconditions,
  ifRangeHolds,
  validatorsOf,
} from './message/preconditions.ts';
export { parseRetryAfter } from './message/retry-after.ts';

// Server

export { errorResponse } from './server/error-response.ts';
export type { HttpServerLayerOptions } from './server/http-server-layer.ts';
export { httpServerLayer } from './server/http-server-layer.ts';
export { isHttp1 } from './server/is-http1.ts';
export type { HttpServerOptions } from './server/server-options.ts';

// Client

export type { HttpClient, HttpClientOptions } from './client/http-client.ts';
export { createHttpClient } from './client/http-client.ts';
export type { HttpConnection, HttpProtocol, OpenHttpConnectionOptions } from './client/http-connection.ts';
export type { Http1Options } from './client/http1.ts';
export { http1 } from './client/http1.ts';
export type { OriginCounters, OriginGauge } from './client/pool-group.ts';
export type { PoolOptions } from './client/pool-options.ts';
export type { CallTimings } from './timings/http-timings.ts';
export { HttpTimings } from './timings/http-timings.ts';

// For engines of other protocols

export { DeadlineTimer } from './connection/deadline-timer.ts';
export type { BodyFlow } from './connection/incoming-body.ts';
export { IncomingBody } from './connection/incoming-body.ts';
export type { TurnWriter, TurnWrites } from './connection/turn-writes.ts';
export { isKernelSocket, turnWrites } from './connection/turn-writes.ts';
export { headersOfValidFields } from './message/http-headers.ts';
export type { HttpServerTerms } from './server/server-options.ts';
export { fullHttpServerOptions } from './server/server-options.ts';
export type { CallStartFacts, Dial } from './timings/call-start.ts';
export { CallStart } from './timings/call-start.ts';
export type { ExchangeMarks } from './timings/exchange-timings.ts';
export { ExchangeTimings } from './timings/exchange-timings.ts';

// Requests, in comfort

export type { MultipartContent, MultipartInit, MultipartPart } from './client/requests/multipart.ts';
export { multipartBody } from './client/requests/multipart.ts';
export type { RequestBuilder, RequestPlan } from './client/requests/request-builder.ts';
export type { QueryInit, QueryValue } from './client/requests/request-url.ts';
export type { Requests, RequestsOptions } from './client/requests/requests.ts';
export { requests } from './client/requests/requests.ts';

// Outbound proxies

export type { HttpProxyConnector, HttpProxyConnectorOptions } from './client/proxy/http-proxy-connector.ts';
export { httpProxyConnector } from './client/proxy/http-proxy-connector.ts';
export type { ProxyEnvironment } from './client/proxy/proxy-from-environment.ts';
export { proxyFromEnvironment } from './client/proxy/proxy-from-environment.ts';
export type { HttpProxyOptions } from './client/proxy/tunnel-options.ts';
export type { ConnectorLayer, ProxyChain, ProxySelector, ProxyTarget, ViaOptions } from './client/proxy/via.ts';
export { via } from './client/proxy/via.ts';

// Interop

export type { WebRequestOptions } from './interop/fetch.ts';
export { fetchHandler, fromWebResponse, toWebRequest } from './interop/fetch.ts';
export type { FetchFunction } from './interop/to-fetch.ts';
export { toFetch } from './interop/to-fetch.ts';

// Layers for servers and for both sides

export type { AccessLogLayerOptions } from './layers/access-log/access-log-layer.ts';
export { accessLogLayer, defaultSensitiveParameters } from './layers/access-log/access-log-layer.ts';
export { grpcStatusOf } from './layers/access-log/grpc-status-of.ts';
export type {
  AddBasicAuthLayerOptions,
  AddBearerAuthLayerOptions,
  CredentialOriginsOptions,
} from './layers/auth/add-auth-layers.ts';
export { addBasicAuthLayer, addBearerAuthLayer, SentAuthorization } from './layers/auth/add-auth-layers.ts';
export type { VerifiedUser } from './layers/auth/admit.ts';
export type { AuthenticatedUser } from './layers/auth/auth-user.ts';
export { AuthUser, ProxyAuthUser } from './layers/auth/auth-user.ts';
export type { BasicAuthLayerOptions } from './layers/auth/basic-auth-layer.ts';
export { basicAuthLayer, basicChallenge } from './layers/auth/basic-auth-layer.ts';
export type { BasicCredentials } from './layers/auth/basic-credentials.ts';
export { parseBasicCredentials, userTable } from './layers/auth/basic-credentials.ts';
export type { BearerAuthLayerOptions, BearerToken } from './layers/auth/bearer-auth-layer.ts';
export { bearerAuthLayer } from './layers/auth/bearer-auth-layer.ts';
export type { BodyLimitLayerOptions } from './layers/body-limit/body-limit-layer.ts';
export { bodyLimitLayer } from './layers/body-limit/body-limit-layer.ts';
export type { CatchErrorLayerOptions } from './layers/catch-error/catch-error-layer.ts';
export { catchErrorLayer } from './layers/catch-error/catch-error-layer.ts';
export type { CompressionLayerOptions } from './layers/compression/compression-layer.ts';
export { compressionLayer, isCompressibleType } from './layers/compression/compression-layer.ts';
export type { CompressionLevelsOptions, ContentCoding } from './layers/compression/content-coding.ts';
export type { CodingChoice } from './layers/compression/negotiate-coding.ts';
export { negotiateCoding } from './layers/compression/negotiate-coding.ts';
export type { CorsLayerOptions } from './layers/cors/cors-layer.ts';
export { corsLayer } from './layers/cors/cors-layer.ts';
export type { CsrfLayerOptions } from './layers/csrf/csrf-layer.ts';
export { csrfLayer } from './layers/csrf/csrf-layer.ts';
export type { DecompressionLimitsOptions } from './layers/decompression/decoded-body.ts';
export type { DecompressionLayerOptions } from './layers/decompression/decompression-layer.ts';
export { decompressionLayer } from './layers/decompression/decompression-layer.ts';
export { requestDecompressionLayer } from './layers/decompression/request-decompression-layer.ts';
export type { HeaderChangesOptions, HeaderValue } from './layers/headers/header-changes.ts';
export { requestHeadersLayer } from './layers/headers/request-headers-layer.ts';
export type { AnsweredRequest } from './layers/headers/response-headers-layer.ts';
export { responseHeadersLayer } from './layers/headers/response-headers-layer.ts';
export { forwardTrailers } from './layers/hop-by-hop/forward-trailers.ts';
export type { HopByHopLayerOptions } from './layers/hop-by-hop/hop-by-hop-layer.ts';
export { hopByHopLayer } from './layers/hop-by-hop/hop-by-hop-layer.ts';
export type { HopByHopOptions } from './layers/hop-by-hop/remove-hop-by-hop.ts';
export { removeHopByHop } from './layers/hop-by-hop/remove-hop-by-hop.ts';
export type { NormalizePathLayerOptions } from './layers/normalize-path/normalize-path-layer.ts';
export { normalizePathLayer, OriginalTarget } from './layers/normalize-path/normalize-path-layer.ts';
export { addProxyAuthLayer } from './layers/proxy-auth/add-proxy-auth-layer.ts';
export { proxyAuthLayer } from './layers/proxy-auth/proxy-auth-layer.ts';
export type { RequestIdLayerOptions } from './layers/request-id/request-id-layer.ts';
export { RequestId, requestIdLayer } from './layers/request-id/request-id-layer.ts';
export type { SensitiveHeadersLayerOptions } from './layers/sensitive-headers/sensitive-headers-layer.ts';
export {
  defaultSensitiveHeaders,
  REDACTED,
  redactedHeaders,
  SensitiveHeaders,
  sensitiveHeadersLayer,
  sensitiveHeadersOf,
} from './layers/sensitive-headers/sensitive-headers-layer.ts';
export type { HttpTimeoutLayerOptions } from './layers/timeout/http-timeout-layer.ts';
export { httpTimeoutLayer } from './layers/timeout/http-timeout-layer.ts';
export type { HttpExchangeEnd, HttpTraceLayerOptions } from './layers/trace/http-trace-layer.ts';
export { httpTraceLayer } from './layers/trace/http-trace-layer.ts';

// Layers for clients

export type {
  FollowedRedirect,
  FollowRedirectLayerOptions,
} from './layers/follow-redirect/follow-redirect-layer.ts';
export { followRedirectLayer, RedirectHistory } from './layers/follow-redirect/follow-redirect-layer.ts';
export type { ReferrerPolicy } from './layers/follow-redirect/referer.ts';
export type { ReplayBodyLayerOptions } from './layers/replay-body/replay-body-layer.ts';
export { replayBodyLayer } from './layers/replay-body/replay-body-layer.ts';
export type { HttpAttempt, HttpRetryLayerOptions } from './layers/retry/http-retry-layer.ts';
export { httpRetryLayer } from './layers/retry/http-retry-layer.ts';

// Writing exchanges down

export type { ToCurlOptions } from './layers/curl/to-curl.ts';
export { toCurl } from './layers/curl/to-curl.ts';
export type { HarRecordLayer, HarRecordLayerOptions } from './layers/har/har-record-layer.ts';
export { harRecordLayer } from './layers/har/har-record-layer.ts';
export type { HarMatch, HarReplayServiceOptions } from './layers/har/har-replay-service.ts';
export { harReplayService } from './layers/har/har-replay-service.ts';
export type {
  Har,
  HarContent,
  HarEntry,
  HarLog,
  HarPair,
  HarPostData,
  HarRequest,
  HarResponse,
  HarTimings,
} from './layers/har/har-types.ts';

// Answers of limits

export type { LimitResponseLayerOptions, RateLimitPolicy } from './layers/rate-limit/limit-response-layer.ts';
export { limitResponseLayer, RateLimitStatus } from './layers/rate-limit/limit-response-layer.ts';

// Who really asked

export type { ForwardedElement, ForwardedNode } from './layers/forwarded/forwarded-element.ts';
export { formatForwardedElement, forwardedNode, parseForwarded } from './layers/forwarded/forwarded-element.ts';
export type { ForwardedValues } from './layers/forwarded/forwarded-facts.ts';
export { ClientAddress, ForwardedFacts } from './layers/forwarded/forwarded-facts.ts';
export { isForwardedField, plainFieldName } from './layers/forwarded/is-forwarded-field.ts';
export type { ReadForwardedLayerOptions } from './layers/forwarded/read-forwarded-layer.ts';
export { readForwardedLayer } from './layers/forwarded/read-forwarded-layer.ts';
export { requestScheme, TrustedScheme, urlScheme } from './layers/forwarded/request-scheme.ts';
export type { TrustedProxies } from './layers/forwarded/trusted-proxies.ts';
export type { ForwardedFields, WriteForwardedOptions } from './layers/forwarded/write-forwarded-layer.ts';
export {
  writeForwarded,
  writeForwardedLayer,
} from './layers/forwarded/write-forwarded-layer.ts';

// What HTTP/1.1 peers may send, and how long they may take

export type { Http1ClientTimeouts } from './protocol/http1-client-deadlines.ts';
export type { Http1Limits } from './protocol/http1-limits.ts';
export type { Http1ServerTimeouts } from './protocol/http1-server-deadlines.ts';

// Errors

export type {
  HarErrorCode,
  Http1ErrorCode,
  HttpBodyErrorCode,
  HttpConnectionErrorCode,
  HttpConnectionErrorOptions,
  HttpRedirectErrorCode,
  HttpStatusErrorCode,
  HttpStatusErrorOptions,
  HttpStreamResetErrorCode,
  HttpStreamResetErrorOptions,
} from './errors.ts';
export {
  HarError,
  Http1ProtocolError,
  HttpBodyError,
  HttpConnectionError,
  HttpRedirectError,
  HttpStatusError,
  HttpStreamResetError,
} from './errors.ts';

// For layers of one's own

export type { BodyOutcome, BodyWatcher } from './layers/shared/watched-body.ts';
export { watchedBody } from './layers/shared/watched-body.ts';
