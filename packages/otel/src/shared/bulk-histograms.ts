import type { Clock } from '@lamella/service-core';
import type { MeterProvider } from '@opentelemetry/api';
import type { HistogramDescription } from './bulk-histogram.ts';
import { BulkHistogram } from './bulk-histogram.ts';

/** The histograms that are handed to the SDK behind one provider in bulk. */
export class BulkHistograms {
  readonly #clock: Clock;
  readonly #byName = new Map<string, BulkHistogram>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Those of a provider, if its SDK takes them. */
  static of(provider: MeterProvider): BulkHistograms | undefined {
    return attached.get(provider);
  }

  /** From now on, layers that find this provider count here. */
  attach(provider: MeterProvider): void {
    attached.set(provider, this);
  }

  /** The histogram of that name, for all layers together. */
  histogram(description: HistogramDescription): BulkHistogram {
    let histogram = this.#byName.get(description.name);
    if (histogram === undefined) {
      histogram = new BulkHistogram(description, this.#clock.epochMs());
      this.#byName.set(description.name, histogram);
    }
    return histogram;
  }

  /** All of them. */
  [Symbol.iterator](): IterableIterator<BulkHistogram> {
    return this.#byName.values();
  }
}

const attached = new WeakMap<MeterProvider, BulkHistograms>();
