import type { Clock } from '@lamella/service-core';
import { systemClock } from '@lamella/service-core';
import type { Meter, MeterProvider, Tracer, TracerProvider } from '@opentelemetry/api';
import { createNoopMeter, metrics, ProxyTracerProvider, trace } from '@opentelemetry/api';
import { SCHEMA_URL, SCOPE_NAME } from './names.ts';
import type { TelemetryOptions } from './telemetry-options.ts';
import { warnOfNoSdk } from './warn-of-no-sdk.ts';

/** Makes the instruments of a layer. */
export type MakeInstruments<Instruments> = (meter: Meter, provider: MeterProvider) => Instruments;

/**
 * Where a layer gets its tracer and its instruments from.
 *
 * @remarks
 * What is registered with the api may come, go and change at any time, while layers are made once. So it is looked at for each call, which
 * costs two comparisons; only a provider that was not seen before is asked for a tracer or for instruments.
 */
export class TelemetrySource<Instruments> {
  readonly clock: Clock;
  readonly #tracerProvider: TracerProvider | undefined;
  readonly #meterProvider: MeterProvider | undefined;
  readonly #makeInstruments: MakeInstruments<Instruments>;
  #seenTracers: TracerProvider | undefined;
  #seenMeters: MeterProvider | undefined;
  #tracer: Tracer | undefined;
  #instruments: Instruments | undefined;

  constructor(options: TelemetryOptions, makeInstruments: MakeInstruments<Instruments>) {
    this.clock = options.clock ?? systemClock;
    this.#tracerProvider = options.tracerProvider;
    this.#meterProvider = options.meterProvider;
    this.#makeInstruments = makeInstruments;
  }

  /** The tracer, or `undefined` if nobody has registered one that does anything. */
  get tracer(): Tracer | undefined {
    const provider = this.#tracerProvider ?? registeredTracers();
    if (provider !== this.#seenTracers) {
      this.#seenTracers = provider;
      this.#tracer = isIdle(provider)
        ? undefined
        : provider.getTracer(SCOPE_NAME, undefined, { schemaUrl: SCHEMA_URL });
    }
    return this.#tracer;
  }

  /** The instruments, or `undefined` if nobody has registered a meter that does anything. */
  get instruments(): Instruments | undefined {
    const provider = this.#meterProvider ?? metrics.getMeterProvider();
    if (provider !== this.#seenMeters) {
      this.#seenMeters = provider;
      const meter = provider.getMeter(SCOPE_NAME, undefined, { schemaUrl: SCHEMA_URL });
      this.#instruments = meter === createNoopMeter() ? undefined : this.#makeInstruments(meter, provider);
    }
    return this.#instruments;
  }

  /** Says, once in a process, that nothing is recorded; called by layers when they find neither. */
  warnOfNoSdk(): void {
    warnOfNoSdk();
  }
}

/** What stands behind the proxy that the api gives before, and after, somebody registers. */
function registeredTracers(): TracerProvider {
  const provider: TracerProvider & Partial<ProxyLike> = trace.getTracerProvider();
  return provider.getDelegate?.() ?? provider;
}

/** The part of the api's ProxyTracerProvider that matters here; of whichever copy of the api. */
interface ProxyLike {
  getDelegate(): TracerProvider;
}

/** A provider that makes only spans that record nothing and stand for nobody: the api's own, behind its proxy. */
function isIdle(provider: TracerProvider): boolean {
  return provider === IDLE_PROVIDER || provider.constructor === IDLE_PROVIDER.constructor;
}

/** The proxy of the api, with nothing behind it, tells the provider that does nothing. */
const IDLE_PROVIDER: TracerProvider = new ProxyTracerProvider().getDelegate();
