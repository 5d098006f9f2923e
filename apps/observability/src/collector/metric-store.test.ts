import type { OtlpDataPoint, OtlpMetric, OtlpResourceMetrics } from '@lamella/otel/receiver';
import { describe, expect, it } from 'vitest';
import { MetricStore } from './metric-store.ts';

describe('MetricStore', () => {
  it('tells of a distribution how many there were in a second, and the 95th percentile, in milliseconds', () => {
    const store = new MetricStore();
    store.add(received(1, durations('0', ['0', '0', '0'])));
    store.add(received(3, durations('10', ['0', '10', '0'])));
    store.add(received(4, durations('10', ['0', '10', '0']))); // nothing came: no percentile
    expect(store.list()).toMatchObject([
      { metric: 'd', labels: 'GET 200', unit: 'ms, 95 %', points: [{ atMs: 3_000, value: 1_950 }] },
      { metric: 'd rate', unit: 'per second', points: [{ value: 5 }, { value: 0 }] },
    ]);
  });

  it('counts what is new from nothing, once a service has exported before', () => {
    const store = new MetricStore();
    store.add(received(1, { name: 'other', gauge: points({ asInt: '7' }) }));
    store.add(received(2, durations('3', ['3', '0', '0'])));
    const rate = store.list().find(({ metric }) => metric === 'd rate');
    expect(rate?.points).toEqual([{ atMs: 2_000, value: 3 }]);
  });

  it('tells of sums that grow how much they do, and of all else what they are', () => {
    const store = new MetricStore();
    for (const seconds of [1, 2]) {
      const grown = String(seconds * 10);
      store.add(received(seconds, { name: 'sum', sum: { ...points({ asInt: grown }), isMonotonic: true } }));
      store.add(
        received(seconds, { name: 'level', unit: '1', sum: { ...points({ asInt: grown }), isMonotonic: false } }),
      );
    }
    expect(store.list()).toMatchObject([
      { metric: 'level', unit: '1', points: [{ value: 10 }, { value: 20 }] },
      { metric: 'sum', unit: 'per second', points: [{ atMs: 2_000, value: 10 }] },
    ]);
  });

  it('begins anew with a process that does', () => {
    const store = new MetricStore();
    const at = (start: string, asInt: string): OtlpMetric => ({
      name: 'sum',
      sum: { ...points({ asInt, startTimeUnixNano: start }), isMonotonic: true },
    });
    store.add(received(1, at('1', '1000')));
    store.add(received(2, at('2', '5')));
    expect(store.list()).toEqual([]);
    store.add(received(3, at('2', '6')));
    expect(store.list()).toMatchObject([{ points: [{ value: 1 }] }]);
  });

  it('keeps so many series and points, and no more', () => {
    const store = new MetricStore(2, 3);
    for (let seconds = 1; seconds <= 5; seconds++) {
      for (const name of ['a', 'b', 'c']) store.add(received(seconds, { name, gauge: points({ asDouble: seconds }) }));
    }
    expect(store.list().map(({ metric }) => metric)).toEqual(['a', 'b']);
    expect(store.list()[0]?.points.map(({ value }) => value)).toEqual([3, 4, 5]);
  });
});

function points(point: Partial<OtlpDataPoint>): { readonly dataPoints: readonly OtlpDataPoint[] } {
  return { dataPoints: [{ attributes: [], ...point }] };
}

function durations(count: string, bucketCounts: readonly string[]): OtlpMetric {
  const attributes = [
    { key: 'http.response.status_code', value: { intValue: '200' } },
    { key: 'http.request.method', value: { stringValue: 'GET' } },
    { key: 'server.port', value: { intValue: '8080' } },
  ];
  return { name: 'd', unit: 's', histogram: points({ attributes, count, bucketCounts, explicitBounds: [1, 2] }) };
}

/** An export of one metric, whose points were read at a time. */
function received(seconds: number, metric: OtlpMetric): readonly OtlpResourceMetrics[] {
  const timed = <Part extends { readonly dataPoints: readonly OtlpDataPoint[] }>(part: Part): Part => ({
    ...part,
    dataPoints: part.dataPoints.map((point) => ({ ...point, timeUnixNano: `${seconds}000000000` })),
  });
  const { gauge, sum, histogram } = metric;
  const parts = {
    ...(gauge === undefined ? {} : { gauge: timed(gauge) }),
    ...(sum === undefined ? {} : { sum: timed(sum) }),
    ...(histogram === undefined ? {} : { histogram: timed(histogram) }),
  };
  const attributes = [{ key: 'service.name', value: { stringValue: 'shop' } }];
  return [{ resource: { attributes }, scopeMetrics: [{ metrics: [{ ...metric, ...parts }] }] }];
}
