import type { Meter } from '@opentelemetry/api';
import { ATTR } from '../shared/names.ts';
import type { OtlpExporter } from './otlp-exporter.ts';

/**
 * Shows what becomes of telemetry as metrics: `lamella.otlp.exported`, `.dropped` (by `error.type`) and `.pending`, by `lamella.otlp.signal`.
 *
 * @remarks
 * Nothing is counted for it: exporters are asked when metrics are collected.
 *
 * @returns Disposing it ends the metrics.
 *
 * @example
 * async function observe(meter: Parameters<typeof observeOtlpExporters>[0], transport: OtlpTransport): Promise<Disposable> {
 *   return observeOtlpExporters(meter, [await otlpTraceExporter(transport)]);
 * }
 */
export function observeOtlpExporters(
  meter: Meter,
  exporters: readonly Pick<OtlpExporter<unknown>, 'signal' | 'counts'>[],
): Disposable {
  const describe = (description: string) => ({ description, unit: '{item}' });
  const exported = meter.createObservableCounter(
    'lamella.otlp.exported',
    describe('Spans, data points and log records that a collector took.'),
  );
  const dropped = meter.createObservableCounter(
    'lamella.otlp.dropped',
    describe('Spans, data points and log records that could not be exported.'),
  );
  const pending = meter.createObservableUpDownCounter(
    'lamella.otlp.pending',
    describe('Spans, data points and log records that are under way.'),
  );
  const instruments = [exported, dropped, pending];
  const observe: Parameters<Meter['addBatchObservableCallback']>[0] = (result) => {
    for (const { signal, counts } of exporters.map((exporter) => ({
      signal: exporter.signal,
      counts: exporter.counts(),
    }))) {
      const attributes = { 'lamella.otlp.signal': signal };
      result.observe(exported, counts.exported, attributes);
      result.observe(pending, counts.pending, attributes);
      for (const [type, count] of Object.entries(counts.dropped)) {
        result.observe(dropped, count, { ...attributes, [ATTR.errorType]: type });
      }
    }
  };
  meter.addBatchObservableCallback(observe, instruments);
  return { [Symbol.dispose]: () => meter.removeBatchObservableCallback(observe, instruments) };
}
