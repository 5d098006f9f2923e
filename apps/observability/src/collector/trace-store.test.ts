import type { OtlpResourceSpans, OtlpSpan } from '@lamella/otel/receiver';
import { describe, expect, it } from 'vitest';
import { summaryOf } from './summary.ts';
import { TraceStore } from './trace-store.ts';

describe('TraceStore', () => {
  it('puts the spans of services together, in whatever order they come', () => {
    const store = new TraceStore();
    const before = store.version;
    store.add(received('prices', { ...span('a', 'child', 12), parentSpanId: 'root', name: 'GET /prices/:item' }));
    store.add(received('gateway', { ...span('a', 'root', 10), name: 'GET /offers/:item', status: { code: 2 } }));
    expect(store.version).toBe(before + 2);
    const trace = store.get('a');
    expect(trace?.spans.map(({ id, service, isError }) => [id, service, isError])).toEqual([
      ['root', 'gateway', true],
      ['child', 'prices', false],
    ]);
    expect(trace?.spans[0]).toMatchObject({ startMs: 10, durationMs: 1.5 });
    expect(store.list().map(summaryOf)).toEqual([
      {
        id: 'a',
        name: 'GET /offers/:item',
        services: ['gateway', 'prices'],
        spans: 2,
        startMs: 10,
        durationMs: 3.5,
        errors: 1,
      },
    ]);
  });

  it('keeps phases, and attributes as text', () => {
    const store = new TraceStore();
    const phase = [{ key: 'lamella.phase.duration_ms', value: { doubleValue: 0.5 } }];
    store.add(
      received('gateway', {
        ...span('a', 'root', 10),
        attributes: [{ key: 'http.response.status_code', value: { intValue: '200' } }],
        events: [{ name: 'lamella.connect', timeUnixNano: '11000000', attributes: phase }],
      }),
    );
    expect(store.get('a')?.spans[0]).toMatchObject({
      attributes: { 'http.response.status_code': '200' },
      events: [{ name: 'lamella.connect', atMs: 11, durationMs: 0.5 }],
    });
  });

  it('keeps so many traces and spans, and text so long, and no more', () => {
    const store = new TraceStore(2, 2);
    for (const id of ['a', 'b', 'c']) {
      for (const part of ['1', '2', '3']) store.add(received('x'.repeat(1_000), span(id, part, 1)));
    }
    expect(store.list().map(({ id, spans, dropped }) => [id, spans.length, dropped])).toEqual([
      ['c', 2, 1],
      ['b', 2, 1],
    ]);
    expect(store.get('a')).toBeUndefined();
    expect(store.get('b')?.spans[0]?.service).toHaveLength(301);
  });
});

/** A span of 1.5 ms. */
function span(traceId: string, spanId: string, startMs: number): OtlpSpan {
  const nanos = BigInt(startMs) * 1_000_000n;
  const times = { startTimeUnixNano: String(nanos), endTimeUnixNano: String(nanos + 1_500_000n) };
  return { traceId, spanId, name: '', ...times, attributes: [], events: [], links: [] };
}

function received(service: string, ...spans: readonly OtlpSpan[]): readonly OtlpResourceSpans[] {
  const attributes = [{ key: 'service.name', value: { stringValue: service } }];
  return [{ resource: { attributes }, scopeSpans: [{ spans }] }];
}
