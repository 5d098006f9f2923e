import { describe, expect, it } from 'vitest';
import { formatTraceParent, parseTraceParent } from './trace-parent.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

describe('parseTraceParent', () => {
  it.each([
    ['sampled', `00-${TRACE}-${SPAN}-01`, 1],
    ['not sampled', `00-${TRACE}-${SPAN}-00`, 0],
    ['random', `00-${TRACE}-${SPAN}-03`, 3],
    ['with flags that nobody knows', `00-${TRACE}-${SPAN}-ff`, 3],
    ['of a later version', `cc-${TRACE}-${SPAN}-01`, 1],
    ['of a later version, with more', `cc-${TRACE}-${SPAN}-01-what-the-future-brings`, 1],
  ])('reads one that is %s', (_name, value, traceFlags) => {
    expect(parseTraceParent(value)).toEqual({ traceId: TRACE, spanId: SPAN, traceFlags, isRemote: true });
  });

  it.each([
    ['nothing', ''],
    ['garbage', 'hello'],
    ['upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['version ff', `ff-${TRACE}-${SPAN}-01`],
    ['more behind version 00', `00-${TRACE}-${SPAN}-01-more`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['a short trace', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['a later version without its dash', `cc-${TRACE}-${SPAN}-01.more`],
    ['two of them', `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
    ['a blank in front', ` 00-${TRACE}-${SPAN}-01`],
    ['far too much', `cc-${TRACE}-${SPAN}-01-${'x'.repeat(1_000_000)}`],
  ])('takes %s for nothing', (_name, value) => {
    expect(parseTraceParent(value)).toBeUndefined();
  });

  it('writes what it reads', () => {
    const value = `00-${TRACE}-${SPAN}-01`;
    const parsed = parseTraceParent(value);
    expect(parsed && formatTraceParent(parsed)).toBe(value);
    expect(formatTraceParent({ traceId: TRACE, spanId: SPAN, traceFlags: 0xf1 })).toBe(value);
  });
});
