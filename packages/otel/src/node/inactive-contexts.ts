import type { ContextManager } from '@opentelemetry/api';
import { ROOT_CONTEXT } from '@opentelemetry/api';

/** Makes no context active, and follows no call: as if no manager of contexts were registered. */
export const inactiveContexts: ContextManager = {
  active: () => ROOT_CONTEXT,
  with: (_context, fn, thisArg, ...args) => fn.apply(thisArg, args),
  bind: (_context, target) => target,
  enable: () => inactiveContexts,
  disable: () => inactiveContexts,
};
