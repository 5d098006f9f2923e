import type { DispatchController, DispatchHandler, LegacyDispatchHandler } from './dispatch-types.ts';

/** A handler in the manner of undici 7 and 8, of whichever manner the given one is. */
export function modernHandler(handler: DispatchHandler | LegacyDispatchHandler): DispatchHandler {
  return isModern(handler) ? handler : fromLegacy(handler);
}

function isModern(handler: DispatchHandler | LegacyDispatchHandler): handler is DispatchHandler {
  return 'onRequestStart' in handler && typeof handler.onRequestStart === 'function';
}

function fromLegacy(handler: LegacyDispatchHandler): DispatchHandler {
  const pauseIf = (controller: DispatchController, answer: unknown): void => {
    if (answer === false) controller.pause();
  };
  const modern: DispatchHandler = {
    onRequestStart: (controller, context) => handler.onConnect?.((reason) => controller.abort(reason), context),
    onResponseStarted: () => handler.onResponseStarted?.(),
    onResponseStart(controller, status, _headers, reason) {
      const answer = handler.onHeaders?.(status, controller.rawHeaders ?? [], () => controller.resume(), reason);
      // An interim response has nothing to hold up, whatever the answer.
      if (status >= 200) pauseIf(controller, answer);
    },
    onResponseData: (controller, chunk) => pauseIf(controller, handler.onData?.(chunk)),
    onResponseEnd: (controller) => handler.onComplete?.(controller.rawTrailers ?? []),
    onResponseError: (_controller, error) => handler.onError?.(error),
  };
  if (handler.onUpgrade === undefined) return modern; // as it says by that, it takes none
  return {
    ...modern,
    onRequestUpgrade: (controller, status, _headers, socket) =>
      handler.onUpgrade?.(status, controller.rawHeaders ?? [], socket),
  };
}
