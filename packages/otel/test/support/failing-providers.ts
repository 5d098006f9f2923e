import type { MeterProvider, TracerProvider } from '@opentelemetry/api';
import { createNoopMeter } from '@opentelemetry/api';

/** Providers of somebody else that fail at every span and at every value. */
export function failingProviders(): { readonly meterProvider: MeterProvider; readonly tracerProvider: TracerProvider } {
  const fail = (): never => {
    throw new Error('a fault of somebody else');
  };
  const idle = createNoopMeter();
  const meter = Object.assign(Object.create(idle), {
    createHistogram: () => ({ record: fail }),
    createCounter: () => ({ add: fail }),
  });
  return {
    meterProvider: { getMeter: () => meter },
    tracerProvider: { getTracer: () => ({ startSpan: fail, startActiveSpan: fail }) },
  };
}
