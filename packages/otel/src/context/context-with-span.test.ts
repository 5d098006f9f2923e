import type { Context } from '@opentelemetry/api';
import { createContextKey, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { contextWithSpan } from './context-with-span.ts';

const KEY = createContextKey('a key');
const ids = (digit: string) => ({ traceId: digit.repeat(32), spanId: digit.repeat(16), traceFlags: 1 });
const [OUTER, INNER] = [trace.wrapSpanContext(ids('a')), trace.wrapSpanContext(ids('b'))];

it.each<[string, (context: Context) => Context]>([
  ['as it is', (context) => context],
  ['with another value', (context) => context.setValue(KEY, 'set')],
  ['without a value', (context) => context.deleteValue(KEY)],
  ['without its span', (context) => trace.deleteSpan(context)],
  ['with one more span', (context) => trace.setSpan(context, OUTER)],
  ['twice', (context) => contextWithSpan(context, OUTER)],
])('is like a context of the api: %s', (_name, change) => {
  const baggage = propagation.createBaggage({ key: { value: 'value' } });
  const parent = propagation.setBaggage(trace.setSpan(ROOT_CONTEXT.setValue(KEY, 'given'), OUTER), baggage);
  const ours = contextWithSpan(parent, INNER);
  const [mine, theirs] = [change(ours), change(trace.setSpan(parent, INNER))];
  expect(trace.getSpan(mine)).toBe(trace.getSpan(theirs));
  expect(trace.getSpanContext(mine)).toBe(trace.getSpanContext(theirs));
  expect(mine.getValue(KEY)).toBe(theirs.getValue(KEY));
  expect(propagation.getBaggage(mine)).toBe(baggage);
  expect([trace.getSpan(ours), trace.getSpan(parent)]).toEqual([INNER, OUTER]); // neither has changed
});
