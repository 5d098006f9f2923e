import { parseAddress } from '@lamella/net-core';
import { describe, expect, it } from 'vitest';
import { toConnectError } from './connect-error.ts';

describe('toConnectError', () => {
  it.each([
    ['unix:/run/x.sock', 'LML_ERR_CONNECT_REFUSED', 'transport', 'refused: too many wait there already'],
    ['192.0.2.1:80', 'LML_ERR_CONNECT_NO_RESOURCES', 'local', 'no free local port'],
  ])('says what EAGAIN means of %s', (where, code, domain, why) => {
    const error = toConnectError(Object.assign(new Error('x'), { code: 'EAGAIN' }), parseAddress(where));
    expect(error).toMatchObject({ code, domain, message: `connect to ${where}: ${why}` });
    expect(error.facts).toMatchObject({ peer: where, protocolCode: 'EAGAIN', retryable: true });
  });
});
