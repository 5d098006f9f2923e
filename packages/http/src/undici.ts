export type {
  DispatchController,
  DispatcherLike,
  DispatchFields,
  DispatchHandler,
  DispatchHeaders,
  DispatchOptions,
  LegacyDispatchHandler,
} from './interop/undici/dispatch-types.ts';
export type { ServiceDispatcher } from './interop/undici/undici-dispatcher.ts';
export { undiciDispatcher } from './interop/undici/undici-dispatcher.ts';
export { undiciService } from './interop/undici/undici-service.ts';
