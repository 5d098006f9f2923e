import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  addErrorFacts,
  ClosedError,
  isLamellaError,
  LimitError,
  ProtocolError,
  TimeoutError,
  UsageError,
} from './errors.ts';

class TestProtocolError extends ProtocolError {
  readonly code = 'LML_ERR_TEST_BAD';
}

describe('errors', () => {
  it('carry a stable code, a name and their numbers', () => {
    const timeout = new TimeoutError({ limit: 'connectTimeoutMs', timeoutMs: 250, facts: { phase: 'connect' } });
    expect(timeout).toMatchObject({
      code: 'LML_ERR_TIMEOUT',
      name: 'TimeoutError',
      limit: 'connectTimeoutMs',
      timeoutMs: 250,
    });
    expect(timeout.message).toBe('connectTimeoutMs of 250 ms reached in phase connect');

    const limit = new LimitError({ limit: 'maxConnections', maximum: 10, observed: 11 });
    expect(limit).toMatchObject({ code: 'LML_ERR_LIMIT', name: 'LimitError', maximum: 10, observed: 11 });
    expect(limit.message).toBe('maxConnections is at most 10, got 11');

    expect(new UsageError('no')).toMatchObject({ code: 'LML_ERR_USAGE', name: 'UsageError', message: 'no' });
    expect(new ClosedError('no')).toMatchObject({ code: 'LML_ERR_CLOSED', name: 'ClosedError' });
  });

  it('say who broke a rule, the peer unless told otherwise', () => {
    expect(new TestProtocolError('bad').origin).toBe('remote');
    expect(new TestProtocolError('bad', { origin: 'local' }).origin).toBe('local');
  });

  it('keep their cause', () => {
    const cause = new Error('below');
    expect(new UsageError('above', { cause }).cause).toBe(cause);
    expect(inspect(new UsageError('above', { cause }))).toContain('below');
  });

  it('are recognised across copies of the package, and nothing else is', () => {
    const foreign = Object.assign(new Error('x'), { [Symbol.for('lamella/error')]: true, facts: {} });
    expect(isLamellaError(new UsageError('x'))).toBe(true);
    expect(isLamellaError(foreign)).toBe(true);
    expect(isLamellaError(new Error('x'))).toBe(false);
    expect(isLamellaError({ code: 'LML_ERR_USAGE' })).toBe(false);
    expect(isLamellaError(undefined)).toBe(false);
  });

  it('collect facts on their way up, the nearest boundary wins', () => {
    const error = new ClosedError('gone', { facts: { phase: 'response-head', bytesIn: 0 } });
    expect(addErrorFacts(error, { layer: 'pool', phase: 'queue', retryable: true })).toBe(error);
    expect(error.facts).toEqual({ layer: 'pool', phase: 'response-head', bytesIn: 0, retryable: true });
    expect(error.message).toBe('gone'); // nobody has said yet where that was
    const foreign = new Error('left alone');
    expect(addErrorFacts(foreign, { layer: 'pool' })).toBe(foreign);
    expect(addErrorFacts('text', { layer: 'pool' })).toBe('text');
  });

  it.each([
    ['gone', { phase: 'response-head' }, 'gone (response-head, 192.0.2.1:80)'],
    ['gone in the response-head', { phase: 'response-head' }, 'gone in the response-head (192.0.2.1:80)'],
    ['gone', {}, 'gone (192.0.2.1:80)'],
    ['connect to 192.0.2.1:80: refused', { phase: 'connect' }, 'connect to 192.0.2.1:80: refused'],
  ])('name phase and peer in one line, once: %s, %j', (message, facts, expected) => {
    const error = new ClosedError(message, { facts });
    for (const attempt of [1, 2]) addErrorFacts(error, { peer: '192.0.2.1:80', attempt });
    expect(error.message).toBe(expected);
    const facts2 = { phase: 'connect', peer: 'a.test:80' };
    const timeout = new TimeoutError({ limit: 'timeoutMs', timeoutMs: 5, facts: facts2 });
    expect(addErrorFacts(timeout, { attempt: 1 }).message).toBe(
      'timeoutMs of 5 ms reached in phase connect (a.test:80)',
    );
  });
});
