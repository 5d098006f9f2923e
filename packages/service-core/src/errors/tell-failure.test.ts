import { expect, it, onTestFinished, vi } from 'vitest';
import { ClosedError, TimeoutError, UsageError } from './errors.ts';
import { tellFailure } from './tell-failure.ts';

it.each([
  [
    new TimeoutError({ limit: 'timeoutMs', timeoutMs: 5 }),
    ['lamella: a connection failed: timeoutMs of 5 ms reached (LML_ERR_TIMEOUT)'],
  ],
  [
    new ClosedError('it said "a\r\nb\u001b[2J"', { cause: new Error('inside') }),
    ['lamella: a connection failed: it said "a\u{fffd}\u{fffd}b\u{fffd}[2J" (LML_ERR_CLOSED)'],
  ],
])('tells in one line, of visible characters, what a peer or a limit has brought about: %s', (error, told) => {
  expect(toldOf(error)).toEqual(told);
});

it.each([new Error('a bug'), new UsageError('a wrong option'), 'no error at all'])(
  'tells all of what a program has done wrong: %s',
  (error) => {
    expect(toldOf(error)).toEqual(['lamella: a connection failed:', error]);
  },
);

function toldOf(error: unknown): readonly unknown[] | undefined {
  const told = vi.spyOn(console, 'error').mockImplementation(() => {});
  onTestFinished(() => told.mockRestore());
  tellFailure('a connection', error);
  return told.mock.calls[0];
}
