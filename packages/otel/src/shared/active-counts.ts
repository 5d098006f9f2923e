import type { Attributes, Meter, MeterProvider } from '@opentelemetry/api';

/** What is going on with one set of attributes. */
export interface ActiveEntry {
  readonly attributes: Attributes;
  count: number;
}

/** What an {@link ActiveCounts} is shown as. */
export interface ActiveMetric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
}

/**
 * Counts what is going on, and shows it when metrics are collected.
 *
 * @remarks
 * An observable instrument: a call changes a number, and nothing is computed from its attributes until somebody collects. All layers
 * that tell the same metric to the same provider share one, since an observable has one value for one set of attributes.
 */
export class ActiveCounts {
  readonly #entries = new Map<string, ActiveEntry>();

  /** The counts of a metric at a provider. */
  static of(provider: MeterProvider, meter: Meter, metric: ActiveMetric): ActiveCounts {
    const known = shared.get(provider) ?? new Map<string, ActiveCounts>();
    shared.set(provider, known);
    const counts = known.get(metric.name) ?? new ActiveCounts(meter, metric);
    known.set(metric.name, counts);
    return counts;
  }

  private constructor(meter: Meter, { name, description, unit }: ActiveMetric) {
    meter.createObservableUpDownCounter(name, { description, unit }).addCallback((result) => {
      for (const { attributes, count } of this.#entries.values()) result.observe(count, attributes);
      this.#forget();
    });
  }

  /** One more. @param key - Tells the attributes from others. @returns The entry; one less is `count--` of it, once. */
  enter(key: string, attributesOf: () => Attributes): ActiveEntry {
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      if (this.#entries.size >= MAX_ENTRIES) this.#forget();
      entry = { attributes: attributesOf(), count: 0 };
      this.#entries.set(key, entry);
    }
    entry.count++;
    return entry;
  }

  /** Those who are back at zero have been shown so. */
  #forget(): void {
    for (const [key, { count }] of this.#entries) if (count === 0) this.#entries.delete(key);
  }
}

const shared = new WeakMap<MeterProvider, Map<string, ActiveCounts>>();
/** From here on, entries at zero go even if nobody has collected them. */
const MAX_ENTRIES = 2_000;
