import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { serverTlsSettings, withServerTlsOptions } from './server-tls-options.ts';

describe('the options of a server for TLS', () => {
  it('are none without --tls', () => {
    expect(settingsOf()).toBeUndefined();
  });

  it('take the key from the file of the certificate, unless it has one of its own', () => {
    expect(settingsOf('--tls', '--cert', 'a.pem')?.certificates).toEqual([{ certPath: 'a.pem', keyPath: 'a.pem' }]);
    const both = settingsOf('--tls', '--cert', 'a.pem', '--key', 'a.key', '--cert', 'b.pem', '--key', 'b.key');
    expect(both?.certificates).toEqual([
      { certPath: 'a.pem', keyPath: 'a.key' },
      { certPath: 'b.pem', keyPath: 'b.key' },
    ]);
  });

  it('leave certificates to an authority, and ask clients for theirs', () => {
    expect(settingsOf('--tls', '--ca', 'folder', '--client-ca', 'one.pem', '--client-ca', 'two.pem')).toEqual({
      certificates: [],
      authority: 'folder',
      clientCa: ['one.pem', 'two.pem'],
    });
  });

  it.each([
    [['--cert', 'a.pem'], '--cert needs --tls'],
    [['--key', 'a.pem'], '--key needs --tls'],
    [['--ca', 'folder'], '--ca needs --tls'],
    [['--client-ca', 'a.pem'], '--client-ca needs --tls'],
    [['--tls', '--cert', 'a.pem', '--ca', 'folder'], 'use either --cert or --ca'],
    [['--tls', '--cert', 'a', '--cert', 'b', '--key', 'c'], 'there are 2 --cert and 1 --key: write one --key for each'],
    [['--tls', '--key', 'c'], 'there are 0 --cert and 1 --key'],
  ])('refuse %j', (words, message) => {
    expect(() => settingsOf(...words)).toThrow(message);
  });
});

function settingsOf(...words: readonly string[]) {
  const command = withServerTlsOptions(new Command()).exitOverride();
  return serverTlsSettings(command.parse(words, { from: 'user' }).opts());
}
