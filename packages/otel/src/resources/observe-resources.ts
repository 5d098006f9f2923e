import { resources } from '@lamella/net-core';
import type { Meter, ObservableResult } from '@opentelemetry/api';

/**
 * Shows what is open in this process as a metric: `lamella.resources.open`, by `lamella.resource.kind` (`socket`, `listener`,
 * `pooled-connection`, `timer` and so on).
 *
 * @remarks
 * Nothing is counted for it: the ledger of `@lamella/net-core` is read when metrics are collected. A kind of which nothing is open any more is shown
 * as 0.
 *
 * @param meter - Such as `metrics.getMeter('app')`, asked for after the SDK was registered.
 * @returns Disposing it ends the metric.
 *
 * @example
 * function observe(provider: { getMeter(name: string): Parameters<typeof observeResources>[0] }): Disposable {
 *   return observeResources(provider.getMeter('app'));
 * }
 */
export function observeResources(meter: Meter): Disposable {
  const seen = new Set<string>();
  const gauge = meter.createObservableUpDownCounter('lamella.resources.open', {
    description: 'Number of sockets, streams, listeners, timers and other things that are open.',
    unit: '{resource}',
  });
  const observe = (result: ObservableResult): void => {
    const open = resources();
    for (const kind of Object.keys(open)) seen.add(kind);
    for (const kind of seen) result.observe(open[kind] ?? 0, { 'lamella.resource.kind': kind });
  };
  gauge.addCallback(observe);
  return { [Symbol.dispose]: () => gauge.removeCallback(observe) };
}
