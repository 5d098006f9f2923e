import { parseHost } from '@lamella/net-core';
import { describe, expect, it } from 'vitest';
import { noProxyVectors } from '../../../test/support/no-proxy-vectors.ts';
import { isInNoProxy } from './no-proxy.ts';

describe('isInNoProxy', () => {
  it.each(noProxyVectors)('%j and %s: %s', (list, host, isDirect) => {
    expect(isInNoProxy(list, parseHost(host))).toBe(isDirect);
  });
});
