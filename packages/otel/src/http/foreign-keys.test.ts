import { AttemptNumber as Real } from '@lamella/layers';
import { PeerAddress } from '@lamella/net-core';
import { describe, expect, it } from 'vitest';
import { AttemptNumber, EgressPeerAddress } from './foreign-keys.ts';

describe('keys of others', () => {
  it('are theirs', () => {
    expect(AttemptNumber).toEqual(Real);
    expect(EgressPeerAddress).toEqual({ ...PeerAddress, prefer: 'egress' });
  });
});
