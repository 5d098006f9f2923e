// Limits

export type {
  ConcurrencyLimitLayer,
  ConcurrencyLimitLayerOptions,
} from './concurrency-limit/concurrency-limit-layer.ts';
export { concurrencyLimitLayer } from './concurrency-limit/concurrency-limit-layer.ts';
export type { LoadShedLayer, LoadShedLayerOptions } from './load-shed/load-shed-layer.ts';
export { loadShedLayer } from './load-shed/load-shed-layer.ts';
export type { GcraStep, RateLimitDecision, RateLimitRule } from './rate-limit/gcra.ts';
export { gcra } from './rate-limit/gcra.ts';
export type { MemoryRateLimitStoreOptions } from './rate-limit/memory-rate-limit-store.ts';
export { memoryRateLimitStore } from './rate-limit/memory-rate-limit-store.ts';
export type { RateLimitErrorOptions, RateLimitReason } from './rate-limit/rate-limit-error.ts';
export { RateLimitError } from './rate-limit/rate-limit-error.ts';
export type { RateLimitLayer } from './rate-limit/rate-limit-layer.ts';
export { rateLimitLayer } from './rate-limit/rate-limit-layer.ts';
export type { RateLimitLayerOptions } from './rate-limit/rate-limit-options.ts';
export type { RateLimitRuleOptions, RateLimitStore } from './rate-limit/rate-limit-store.ts';
export type { TimeoutLayerOptions } from './timeout/timeout-layer.ts';
export { timeoutLayer } from './timeout/timeout-layer.ts';

// Failing fast, and failing less

export type { CircuitState } from './circuit-breaker/circuit.ts';
export type { CircuitBreakerLayer, CircuitBreakerLayerOptions } from './circuit-breaker/circuit-breaker-layer.ts';
export { circuitBreakerLayer } from './circuit-breaker/circuit-breaker-layer.ts';
export { CircuitOpenError } from './circuit-breaker/circuit-open-error.ts';
export type { HedgeLayer, HedgeLayerOptions } from './hedge/hedge-layer.ts';
export { hedgeLayer } from './hedge/hedge-layer.ts';
export type { CallResult } from './shared/call-result.ts';

// Trying again

export type { Attemptable, AttemptForkOptions } from './attempt/attempt.ts';
export { AttemptNumber } from './attempt/attempt.ts';
export type { Backoff, ExponentialBackoffOptions } from './retry/exponential-backoff.ts';
export { exponentialBackoff } from './retry/exponential-backoff.ts';
export type { RetryBudget, RetryBudgetOptions } from './retry/retry-budget.ts';
export { retryBudget } from './retry/retry-budget.ts';
export type { RetryLayer, RetryLayerOptions, RetryStop } from './retry/retry-layer.ts';
export { retryLayer } from './retry/retry-layer.ts';
export type {
  AttemptFailure,
  AttemptOutput,
  AttemptResult,
  RetryDecision,
  RetryPolicy,
} from './retry/retry-policy.ts';
export type { InputMustInclude, ServiceAlsoTaking } from './shared/service-also-taking.ts';

// Changing inputs, outputs and errors

export type { CatchLayer, CatchLayerOptions } from './catch/catch-layer.ts';
export { catchLayer } from './catch/catch-layer.ts';
export { mapErrorLayer } from './map-error/map-error-layer.ts';
export type { MapInputLayer } from './map-input/map-input-layer.ts';
export { mapInputLayer } from './map-input/map-input-layer.ts';
export type { MapOutputLayer } from './map-output/map-output-layer.ts';
export { mapOutputLayer } from './map-output/map-output-layer.ts';

// Choosing another service, or sharing one call

export type { EitherLayer } from './either/either-layer.ts';
export { eitherLayer } from './either/either-layer.ts';
export { eitherService } from './either/either-service.ts';
export type { HijackLayer, HijackLayerOptions } from './hijack/hijack-layer.ts';
export { hijackLayer } from './hijack/hijack-layer.ts';
export type { LayerMustKeep, ServiceKeptBy, ShapeKeeping } from './optional/optional-layer.ts';
export { noopLayer, optionalLayer } from './optional/optional-layer.ts';
export type { ShadowLayer, ShadowLayerOptions } from './shadow/shadow-layer.ts';
export { shadowLayer } from './shadow/shadow-layer.ts';
export type { OutputMustInclude, ServiceAlsoGiving } from './shared/service-also-giving.ts';
export type { SingleFlightLayer, SingleFlightLayerOptions } from './single-flight/single-flight-layer.ts';
export { singleFlightLayer } from './single-flight/single-flight-layer.ts';
export type { SwappableService } from './swappable/swappable-service.ts';
export { swappableService } from './swappable/swappable-service.ts';

// Spreading calls over endpoints

export type { BalanceContext, BalancePolicy } from './balance/balance-policy.ts';
export { balancer } from './balance/balancer.ts';
export type { Balancer, BalancerOptions } from './balance/balancer-options.ts';
export type { EjectionOptions } from './balance/ejection.ts';
export type { BalancedEndpoint, Endpoint, EndpointHealth } from './balance/endpoint.ts';
export type { CallOutcome } from './balance/endpoint-pool.ts';
export type { HealthCheckOptions } from './balance/health-check.ts';
export { NoEndpointError } from './balance/no-endpoint-error.ts';
export type { ConsistentHashOptions } from './balance/policies/consistent-hash.ts';
export { consistentHash } from './balance/policies/consistent-hash.ts';
export { hash32 } from './balance/policies/hash32.ts';
export { leastRequests, powerOfTwoChoices } from './balance/policies/least-requests.ts';
export { pickFirst } from './balance/policies/pick-first.ts';
export { roundRobin } from './balance/policies/round-robin.ts';
export { isCallerAbort } from './shared/is-caller-abort.ts';

// Side data

export type { AbortableLayer, CallAborter } from './abortable/abortable-layer.ts';
export { abortableLayer, ConnectionAborter, RequestAborter } from './abortable/abortable-layer.ts';

export type { ExtensionLayer, TakesExtension } from './add-extension/add-extension-layer.ts';
export { addExtensionLayer } from './add-extension/add-extension-layer.ts';
export { deriveExtensionLayer } from './derive-extension/derive-extension-layer.ts';

// Looking on

export type { CountInputLayer } from './count-input/count-input-layer.ts';
export { countInputLayer } from './count-input/count-input-layer.ts';

export type {
  TraceEnd,
  TraceFailure,
  TraceHook,
  TraceLayer,
  TraceLayerOptions,
  TraceStart,
  TraceSuccess,
} from './trace/trace-layer.ts';
export { traceLayer } from './trace/trace-layer.ts';
