import { describe, expect, it } from 'vitest';
import { PeerSettings } from './peer-settings.ts';

describe('PeerSettings', () => {
  it('begin as RFC 9113 section 6.5.2 has them', () => {
    expect({ ...new PeerSettings() }).toEqual({
      headerTableBytes: 4_096,
      maxConcurrentStreams: Number.POSITIVE_INFINITY,
      initialWindowBytes: 65_535,
      maxFrameBytes: 16_384,
      maxHeaderListBytes: Number.POSITIVE_INFINITY,
      allowsConnectProtocol: false,
      isKnown: false,
    });
  });

  it.each([
    ['headerTableBytes', 1, 0, 0],
    ['headerTableBytes', 1, 0xffff_ffff, 0xffff_ffff],
    ['maxConcurrentStreams', 3, 0, 0],
    ['maxConcurrentStreams', 3, 0xffff_ffff, 0xffff_ffff],
    ['initialWindowBytes', 4, 0, 0],
    ['initialWindowBytes', 4, 0x7fff_ffff, 0x7fff_ffff],
    ['maxFrameBytes', 5, 16_384, 16_384],
    ['maxFrameBytes', 5, 16_777_215, 16_777_215],
    ['maxHeaderListBytes', 6, 1, 1],
    ['maxHeaderListBytes', 6, 0, Number.POSITIVE_INFINITY],
    ['allowsConnectProtocol', 8, 1, true],
    ['allowsConnectProtocol', 8, 0, false],
  ] as const)('take %s (%d) of %d', (name, identifier, value, expected) => {
    const settings = new PeerSettings();
    settings.apply(identifier, value, true);
    expect({ ...settings }).toEqual({ ...new PeerSettings(), [name]: expected });
  });

  it.each([
    [2, 2, 'PROTOCOL_ERROR'],
    [4, 0x8000_0000, 'FLOW_CONTROL_ERROR'],
    [4, 0xffff_ffff, 'FLOW_CONTROL_ERROR'],
    [5, 0, 'PROTOCOL_ERROR'],
    [5, 16_383, 'PROTOCOL_ERROR'],
    [5, 16_777_216, 'PROTOCOL_ERROR'],
    [8, 2, 'PROTOCOL_ERROR'],
    [9, 2, 'PROTOCOL_ERROR'],
  ])('refuse %d of %d', (identifier, value, errorCode) => {
    for (const isFromServer of [false, true]) {
      const settings = new PeerSettings();
      expect(() => settings.apply(identifier, value, isFromServer)).toThrow(
        expect.objectContaining({ code: 'LML_ERR_HTTP2_BAD_SETTING', errorCode, scope: 'connection' }),
      );
      expect({ ...settings }).toEqual({ ...new PeerSettings() });
    }
  });

  it('let clients allow push, and no server offer it', () => {
    new PeerSettings().apply(2, 1, false);
    new PeerSettings().apply(2, 0, true);
    expect(() => new PeerSettings().apply(2, 1, true)).toThrow(
      expect.objectContaining({ errorCode: 'PROTOCOL_ERROR' }),
    );
  });

  it('do not let extended CONNECT be taken back', () => {
    const settings = new PeerSettings();
    settings.apply(8, 0, true);
    settings.apply(8, 1, true);
    settings.apply(8, 1, true);
    expect(() => settings.apply(8, 0, true)).toThrow(expect.objectContaining({ errorCode: 'PROTOCOL_ERROR' }));
  });

  it('ignore what they do not know', () => {
    const settings = new PeerSettings();
    for (const identifier of [0, 7, 10, 0x0a0a, 0xffff]) settings.apply(identifier, 0xffff_ffff, true);
    settings.apply(9, 1, true);
    expect({ ...settings }).toEqual({ ...new PeerSettings() });
  });
});
