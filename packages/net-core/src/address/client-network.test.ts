import { expect, it } from 'vitest';
import { parseAddress } from './address.ts';
import { clientNetwork } from './client-network.ts';

it.each([
  ['192.0.2.7:1', '192.0.2.7:2', true],
  ['192.0.2.7:1', '192.0.2.8:1', false],
  ['192.0.2.7:1', '[::ffff:192.0.2.7]:1', true],
  ['[::ffff:192.0.2.7]:1', '[::ffff:192.0.2.8]:1', false],
  ['[2001:db8:1:2::]:1', '[2001:db8:1:2:ffff:ffff:ffff:ffff]:1', true],
  ['[2001:db8:1:2::]:1', '[2001:db8:1:3::]:1', false],
  ['client.test:1', 'client.test:2', true],
  ['client.test:1', 'other.test:1', false],
  ['unix:/run/a.sock', 'unix:/run/b.sock', true],
  ['unix:/run/a.sock', '192.0.2.7:1', false],
])('%s and %s come from the same place: %s', (one, other, isSame) => {
  const [here, there] = [one, other].map((text) => clientNetwork(parseAddress(text)));
  expect(here === there).toBe(isSame);
});

it('whoever has no address comes from nowhere', () => {
  expect(clientNetwork(undefined)).toBe('');
});
