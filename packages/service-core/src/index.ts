// Services and layers

export type { Layer, PolyLayer, ScopedLayer } from './service/layer.ts';
export type { Matcher, NoCaptures } from './service/matcher.ts';
export { andMatcher, matcherFn, notMatcher, orMatcher } from './service/matcher.ts';
export type { AnyService, Service } from './service/service.ts';
export { serviceFn } from './service/service.ts';
export type { Applied, Checked, CheckedLayer, Stacked } from './service/stack.ts';
export { stack } from './service/stack.ts';

// Inputs and their cancellation

export type { AbortListener } from './scope/abort-scope.ts';
export { AbortScope } from './scope/abort-scope.ts';
export { abortScope, InputScope } from './scope/input-scope.ts';
export { isCancellation } from './scope/is-cancellation.ts';
export type { ForkOptions, Scoped } from './scope/scoped.ts';
export type { ServiceInputOptions } from './scope/service-input.ts';
export { forkedScope, ServiceInput, serviceInput } from './scope/service-input.ts';

// Side data

export type { Cell } from './extensions/cell.ts';
export { cell } from './extensions/cell.ts';
export { createExtensions } from './extensions/create-extensions.ts';
export type { AnyExtensionKey, ExtensionKey, ExtensionKeyOptions } from './extensions/extension-key.ts';
export { extensionKey } from './extensions/extension-key.ts';
export { extensionSequence } from './extensions/extension-log.ts';
export type {
  AnyExtensions,
  ExtensionStore,
  Extensions,
  ForkStoreOptions,
  InsertOptions,
  ReadableExtensions,
} from './extensions/extension-store.ts';
export type { Forkable, Insertable, Readable, Scope, TransportScope } from './extensions/scope.ts';

// Time and shutting down

export type { Clock, Timer } from './clock/clock.ts';
export { sleep } from './clock/sleep.ts';
export type { SystemClock } from './clock/system-clock.ts';
export { systemClock } from './clock/system-clock.ts';
export type { LifecycleOptions } from './lifecycle/create-lifecycle.ts';
export { createLifecycle } from './lifecycle/create-lifecycle.ts';
export type {
  Drainable,
  DrainCounts,
  DrainOptions,
  DrainReport,
  Lifecycle,
  LifecyclePhase,
} from './lifecycle/lifecycle.ts';

// Errors

export type {
  ErrorFacts,
  LamellaErrorOptions,
  LimitErrorOptions,
  ProtocolErrorOptions,
  ProtocolErrorOrigin,
  TimeoutErrorOptions,
} from './errors/errors.ts';
export {
  addErrorFacts,
  ClosedError,
  isLamellaError,
  LamellaError,
  LimitError,
  ProtocolError,
  TimeoutError,
  UsageError,
} from './errors/errors.ts';
export { failureSink, tellFailure } from './errors/tell-failure.ts';
