import type { Context, Histogram, Meter, MeterProvider } from '@opentelemetry/api';
import { createNoopMeter, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { expect, it } from 'vitest';
import { exerciseAll } from './support/exercise-all.ts';

// The SDK for Node has no exemplars yet; an SDK that has them finds the span of each record in what it is given.
it('records what a call, a request or a served connection took in the context of its span', async () => {
  const exporter = new InMemorySpanExporter();
  const tracerProvider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const recorded: { readonly name: string; readonly context: Context | undefined }[] = [];
  const noop = createNoopMeter();
  const meter: Meter = Object.create(noop, {
    createHistogram: {
      value: (name: string): Histogram => ({
        record: (_value, _attributes, context) => recorded.push({ name, context }),
      }),
    },
  });
  const meterProvider: MeterProvider = { getMeter: () => meter };
  await exerciseAll({ tracerProvider, meterProvider });

  const names = new Map(exporter.getFinishedSpans().map((span) => [span.spanContext().spanId, span.name]));
  expect(new Set(recorded.map(({ name }) => name)).size).toBeGreaterThanOrEqual(6);
  const ofSpans = recorded.filter(({ context }) => context !== ROOT_CONTEXT); // a pooled connection is longer than any of them
  expect(new Set(ofSpans.map(({ name }) => name))).toEqual(new Set(recorded.map(({ name }) => name)));
  for (const { name, context } of ofSpans) {
    const id = context && trace.getSpanContext(context)?.spanId;
    expect(names.get(id ?? ''), name).toBeDefined();
  }
});
