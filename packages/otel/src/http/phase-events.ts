import type { CallTimings } from '@lamella/http';
import type { HttpOperation } from './http-exchange.ts';

/**
 * Puts an event on a span for each phase of a call, at its end: `lamella.queue`, `.resolve`, `.connect`, `.proxy`, `.tls`, `.sent`,
 * `.first_byte` and `.body`, each with `lamella.phase.duration_ms`.
 *
 * @param startMs - When the client began the call, in milliseconds since the begin of the span: layers inside may have taken time before.
 */
export function addPhaseEvents(operation: HttpOperation, timings: CallTimings, startMs: number): void {
  const { queuedMs, resolveMs, connectMs, proxyMs, tlsMs, sentMs, ttfbMs, bodyMs } = timings;
  const phases: [name: string, ms: number | undefined][] = [
    ['queue', queuedMs],
    ['resolve', resolveMs],
    ['connect', connectMs],
    ['proxy', proxyMs],
    ['tls', tlsMs],
    ['sent', sentMs],
    ['first_byte', ttfbMs],
    ['body', bodyMs],
  ];
  let atMs = startMs;
  for (const [name, ms] of phases) {
    if (ms === undefined) continue;
    atMs += ms;
    operation.event(`lamella.${name}`, atMs, { 'lamella.phase.duration_ms': ms });
  }
}
