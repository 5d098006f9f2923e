import { describe, expect, it } from 'vitest';
import { BulkHistogram } from './bulk-histogram.ts';

describe('BulkHistogram', () => {
  it('counts a bound in the bucket below it, and what is beyond all in the last', () => {
    const histogram = setup();
    for (const value of [0, 1, 1.5, 2, 2.5]) record(histogram, value);
    expect(histogram.cumulative()).toEqual([
      { attributes: { key: 'a' }, startEpochMs: 7, counts: [2, 2, 1], count: 5, sum: 7, min: 0, max: 2.5 },
    ]);
  });

  it('passes over what is no duration', () => {
    const histogram = setup();
    for (const value of [-1, Number.NaN]) record(histogram, value);
    expect(histogram.cumulative()).toEqual([]);
  });

  it('makes attributes once for a key', () => {
    const histogram = setup();
    let made = 0;
    for (let i = 0; i < 3; i++) histogram.record(1, 'a', { metricAttributes: () => ({ made: ++made }) });
    expect(histogram.cumulative()).toMatchObject([{ attributes: { made: 1 }, count: 3 }]);
  });

  it('shows everything again and again, in copies that change no more', () => {
    const histogram = setup();
    record(histogram, 1);
    const first = histogram.cumulative();
    record(histogram, 1);
    expect(first).toMatchObject([{ counts: [1, 0, 0], count: 1 }]);
    expect(histogram.cumulative()).toMatchObject([{ counts: [2, 0, 0], count: 2, startEpochMs: 7 }]);
  });

  it('shows what is new since the last time', () => {
    const histogram = setup();
    record(histogram, 1);
    expect(histogram.delta(20)).toMatchObject([{ count: 1, startEpochMs: 7 }]);
    expect(histogram.delta(30)).toEqual([]);
    record(histogram, 2);
    expect(histogram.delta(40)).toMatchObject([{ count: 1, sum: 2, startEpochMs: 30 }]);
  });

  it('keeps 2,000 sets of attributes, the last of them for all others', () => {
    const histogram = setup();
    for (let i = 0; i < 1_999; i++) record(histogram, 1, `key ${i}`);
    expect(histogram.cumulative().at(-1)?.attributes).toEqual({ key: 'key 1998' });
    for (const key of ['more', 'and more', 'key 0']) record(histogram, 1, key);
    const all = histogram.cumulative();
    expect(all).toHaveLength(2_000);
    expect(all.at(-1)).toMatchObject({ attributes: { 'otel.metric.overflow': true }, count: 2 });
    expect(all[0]).toMatchObject({ attributes: { key: 'key 0' }, count: 2 });
  });
});

function setup(): BulkHistogram {
  return new BulkHistogram({ name: 'h', description: 'd', unit: 's', bounds: [1, 2] }, 7);
}

function record(histogram: BulkHistogram, value: number, key = 'a'): void {
  histogram.record(value, key, { metricAttributes: () => ({ key }) });
}
