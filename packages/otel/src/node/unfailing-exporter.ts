import type { OtlpExporter } from '../otlp/otlp-exporter.ts';

/** What an SDK is given in place of an exporter. */
export type UnfailingExporter<Batch> = Pick<OtlpExporter<Batch>, 'export' | 'forceFlush' | 'shutdown'>;

/**
 * Lets an SDK hear of the end of exports, and of no failure: the first that it hears of ends its shutdown, while exports of other signals are
 * under way that nobody waits for any more. What is lost the exporter counts and tells itself.
 */
export function unfailingExporter<Batch>(exporter: OtlpExporter<Batch>): UnfailingExporter<Batch> {
  return {
    export: (batch, done) => exporter.export(batch, () => done({ code: 0 })),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}
