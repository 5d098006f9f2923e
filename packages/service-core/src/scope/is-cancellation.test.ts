import { describe, expect, it } from 'vitest';
import { testInput } from '../testing/test-input.ts';
import { isCancellation } from './is-cancellation.ts';
import { serviceInput } from './service-input.ts';

describe('isCancellation', () => {
  const reason = new Error('caller gave up');

  it('is the very reason of an aborted scope, and nothing else', () => {
    const input = testInput('ping');
    expect(isCancellation(input, reason)).toBe(false);
    input.scope.abort(reason);
    expect(isCancellation(input, reason)).toBe(true);
    expect(isCancellation(input, new Error('caller gave up'))).toBe(false);
  });

  it('knows the reason of a signal that a scope follows', () => {
    expect(isCancellation(serviceInput('ping', { signal: AbortSignal.abort(reason) }), reason)).toBe(true);
  });

  it('is not an undefined error of an input that was not aborted', () => {
    expect(isCancellation(testInput('ping'), undefined)).toBe(false);
  });

  it('does not bring a signal into being', () => {
    const { scope } = testInput('ping');
    const input = {
      scope,
      get signal(): AbortSignal {
        throw new Error('was read');
      },
    };
    expect(isCancellation(input, reason)).toBe(false);
  });

  it('looks at the signal of inputs that have only that, such as a fetch Request', () => {
    const controller = new AbortController();
    const request = new Request('http://example.test/', { signal: controller.signal });
    expect(isCancellation(request, reason)).toBe(false);
    controller.abort(reason);
    expect(isCancellation(request, reason)).toBe(true);
  });

  it.each([undefined, null, 'text', 1, {}, { scope: 'read' }, { scope: null }, { signal: 9 }, { scope: {} }])(
    'does not exist for an input like %o',
    (input) => {
      expect(isCancellation(input, undefined)).toBe(false);
    },
  );
});
