import { expect, it, onTestFinished, vi } from 'vitest';
import { ClosedError, TimeoutError, UsageError } from './errors.ts';
import { failureSink, tellFailure } from './tell-failure.ts';

it.each([
  [
    new TimeoutError({ limit: 'timeoutMs', timeoutMs: 5 }),
    ['lamella: a connection failed: timeoutMs of 5 ms reached (LML_ERR_TIMEOUT)'],
  ],
  [
    new ClosedError('it said "a\r\nb\u001b[2J"', { cause: new Error('inside') }),
    ['lamella: a connection failed: it said "a\u{fffd}\u{fffd}b\u{fffd}[2J" (LML_ERR_CLOSED)'],
  ],
  [
    new ClosedError('a\u{2028}b\u{202e}c\u{85}d \u{e9}\u{1f600}'),
    ['lamella: a connection failed: a\u{fffd}b\u{fffd}c\u{fffd}d \u{e9}\u{1f600} (LML_ERR_CLOSED)'],
  ],
  [new ClosedError('x'.repeat(1_001)), [`lamella: a connection failed: ${'x'.repeat(1_000)} (LML_ERR_CLOSED)`]],
])('tells in one line, of visible characters, what a peer or a limit has brought about: %s', (error, told) => {
  expect(toldOf(error)).toEqual(told);
});

it.each([new Error('a bug'), new UsageError('a wrong option'), 'no error at all'])(
  'tells all of what a program has done wrong: %s',
  (error) => {
    expect(toldOf(error)).toEqual(['lamella: a connection failed:', error]);
  },
);

it('passes a failure on to who is to hear of it, and tells nobody else', () => {
  const told = silenced();
  const heard: unknown[] = [];
  const onError = failureSink<[string]>(
    (error, task) => void heard.push(error, task),
    () => expect.unreachable(),
  );
  onError('broken', 'task');
  expect([heard, told.mock.calls]).toEqual([['broken', 'task'], []]);
});

it('tells on the console what nobody wants to hear of, and both errors if who hears of it throws', () => {
  const told = silenced();
  const onError = (_error: unknown, _task: string): never => {
    throw new Error('worse');
  };
  const sinks = [failureSink(undefined, (task: string) => task), failureSink(onError, (task: string) => task)];
  for (const sink of sinks) sink('broken', 'a task');
  expect(told.mock.calls).toEqual([
    ['lamella: a task failed:', 'broken'],
    ['lamella: a task failed:', 'broken'],
    ['lamella: onError failed:', new Error('worse')],
  ]);
});

function toldOf(error: unknown): readonly unknown[] | undefined {
  const told = silenced();
  tellFailure('a connection', error);
  return told.mock.calls[0];
}

function silenced() {
  const told = vi.spyOn(console, 'error').mockImplementation(() => {});
  onTestFinished(() => told.mockRestore());
  return told;
}
