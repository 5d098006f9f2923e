import { parseAddress } from '@lamella/net-core';
import { UsageError } from '@lamella/service-core';
import { expect, it } from 'vitest';
import { basicProxyAuth } from './proxy-auth.ts';
import { requireSafeListen } from './safe-listen.ts';

const LOCAL = [
  '127.0.0.1:8080',
  '127.9.9.9:1',
  '[::1]:8080',
  '[::ffff:127.0.0.1]:8080',
  'localhost:8080',
  'unix:/run/proxy',
];
const PUBLIC = ['0.0.0.0:8080', '[::]:8080', '192.0.2.1:80', '10.0.0.1:80', '[fe80::1]:80', 'proxy.example:80'];

it.each(LOCAL)('lets a proxy listen on %s without more', (address) => {
  expect(() => requireSafeListen(parseAddress(address), {})).not.toThrow();
});

it.each(PUBLIC)('refuses %s without authentication, and says what to do', (address) => {
  for (const options of [{}, { dangerouslyOpenToAll: false }, { auth: undefined }]) {
    const listen = () => requireSafeListen(parseAddress(address), options);
    expect(listen).toThrow(UsageError);
    expect(listen).toThrow(
      `a proxy on ${address} without authentication could be used by strangers: listen on 127.0.0.1`,
    );
  }
});

it.each(PUBLIC)('lets a proxy listen on %s with authentication, or if told so', (address) => {
  const auth = basicProxyAuth([{ name: 'ann', password: 'secret' }]);
  expect(() => requireSafeListen(parseAddress(address), { auth })).not.toThrow();
  expect(() => requireSafeListen(parseAddress(address), { dangerouslyOpenToAll: true })).not.toThrow();
});
