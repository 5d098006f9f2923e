import { UsageError } from '@lamella/service-core';
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../address/address.ts';
import { parseCidr } from '../address/cidr.ts';
import { connectRequest } from '../connection/connector.ts';
import { memoryNetwork } from '../memory/memory-network.ts';
import type { EgressPolicyOptions } from './egress-policy.ts';
import { egressPolicy } from './egress-policy.ts';
import type { EgressDecision } from './egress-policy-layer.ts';
import { egressPolicyLayer } from './egress-policy-layer.ts';

/** Inner addresses, and the forms of IPv6 that carry them. */
const INNER = ['127.0.0.1', '10.0.0.1', '172.16.5.4', '192.168.1.1', '169.254.169.254', '100.64.0.1', '0.0.0.0'];
const FORMS = ['::ffff:', '::ffff:0:', '64:ff9b::', '64:ff9b:1::'];
const DENIED = [
  ...INNER,
  ...INNER.flatMap((ip) => FORMS.map((form) => `[${form}${ip}]`)),
  ...INNER.slice(0, 5).map((ip) => `[::${ip}]`),
  ...INNER.map((ip) => `[2002:${hex(ip)}::1]`),
  ...INNER.map((ip) => `[2001:0:808:808::${hex(ip, 0xffff)}]`),
  ...['255.255.255.255', '224.0.0.1', '240.0.0.1', '0.1.2.3', '198.18.0.1', '192.0.2.1', '192.88.99.1', '192.0.0.192'],
  ...[
    '[::]',
    '[::1]',
    '[::1%lo]',
    '[fe80::1%eth0]',
    '[fd00:ec2::254]',
    '[fc00::1]',
    '[ff02::1]',
    '[fec0::1]',
    '[2001:db8::1]',
  ],
  ...['[::ffff:127.0.0.1%eth0]', '[::ffff:7f00:1]', '[0:0:0:0:0:ffff:a9fe:a9fe]', '[100::1]', '[3fff::1]'],
];

describe('egressPolicyLayer', () => {
  it(`dials none of ${DENIED.length} addresses that are not public, and tells of each`, async () => {
    expect(new Set(DENIED).size).toBeGreaterThanOrEqual(60);
    const { connect, decisions, network } = setUp();
    for (const host of DENIED) {
      await expect(connect(`${host}:80`), host).rejects.toMatchObject({
        code: 'LML_ERR_CONNECT_DENIED',
        phase: 'connect',
        domain: 'local',
        facts: { layer: 'egress', retryable: false },
      });
    }
    for (const target of ['unix:/run/docker.sock', 'unix:@abstract', 'localhost:80', 'example.com:80']) {
      await expect(connect(target), target).rejects.toMatchObject({ code: 'LML_ERR_CONNECT_DENIED' });
    }
    expect(network.events).toEqual([]);
    expect(decisions.map(({ isAllowed }) => isAllowed)).toEqual(Array(DENIED.length + 4).fill(false));
  });

  it.each(['8.8.8.8', '[2606:4700:4700::1111]', '[::ffff:8.8.8.8]', '[64:ff9b::8.8.8.8]', '[2002:808:808::1]'])(
    'dials %s',
    async (host) => {
      const { connect, decisions, network } = setUp();
      await expect(connect(`${host}:80`)).rejects.toMatchObject({ code: 'LML_ERR_CONNECT_REFUSED' }); // nobody listens
      expect(network.events.some(({ event }) => event === 'connect')).toBe(true);
      expect(decisions).toEqual([{ isAllowed: true, reason: 'public address', target: parseAddress(`${host}:80`) }]);
    },
  );
});

describe('egressPolicy', () => {
  const block = (text: string) => ({ blocks: [parseCidr(text)] });

  it.each<[string, EgressPolicyOptions, string, boolean]>([
    ['allows a block', { rules: [{ action: 'allow', ...block('10.0.0.0/8') }] }, '10.1.2.3:80', true],
    [
      'allows what is mapped into it',
      { rules: [{ action: 'allow', ...block('10.0.0.0/8') }] },
      '[::ffff:10.1.2.3]:80',
      true,
    ],
    ['allows no neighbour', { rules: [{ action: 'allow', ...block('10.0.0.0/8') }] }, '172.16.0.1:80', false],
    ['allows no carrier of another', { rules: [{ action: 'allow', ...block('::/0') }] }, '[2002:7f00:1::]:80', false],
    ['denies a block', { rules: [{ action: 'deny', ...block('8.8.8.0/24') }] }, '8.8.8.8:80', false],
    ['denies what carries it', { rules: [{ action: 'deny', ...block('8.8.8.0/24') }] }, '[64:ff9b::8.8.8.8]:80', false],
    ['denies carriers', { rules: [{ action: 'deny', ...block('64:ff9b::/96') }] }, '[64:ff9b::1.1.1.1]:80', false],
    [
      'denies by the client of Teredo',
      { rules: [{ action: 'deny', ...block('10.0.0.0/8') }], otherwise: 'allow' },
      '[2001:0:808:808::f5ff:fffe]:80',
      false,
    ],
    ['denies ports', { rules: [{ action: 'deny', ports: [25] }] }, '8.8.8.8:25', false],
    ['leaves other ports', { rules: [{ action: 'deny', ports: [25] }] }, '8.8.8.8:26', true],
    [
      'needs block and port',
      { rules: [{ action: 'allow', ...block('10.0.0.0/8'), ports: [443] }] },
      '10.0.0.1:80',
      false,
    ],
    [
      'takes the first rule',
      {
        rules: [
          { action: 'deny', ports: [80] },
          { action: 'allow', ports: [80] },
        ],
      },
      '8.8.8.8:80',
      false,
    ],
    ['denies otherwise', { otherwise: 'deny' }, '8.8.8.8:80', false],
    ['allows otherwise', { otherwise: 'allow' }, '127.0.0.1:80', true],
    ['allows no socket otherwise', { otherwise: 'allow' }, 'unix:/a', false],
    ['allows a socket', { unixPaths: ['/a'] }, 'unix:/a', true],
    ['allows no other socket', { unixPaths: ['/a'] }, 'unix:/b/../a', false],
  ])('%s', (_, options, target, isAllowed) => {
    expect(egressPolicy(options).judge(parseAddress(target)).isAllowed).toBe(isAllowed);
  });

  it.each<[string, EgressPolicyOptions]>([
    ['needs blocks or ports', { rules: [{ action: 'allow' }] }],
    ['blocks', { rules: [{ action: 'allow', blocks: [] }] }],
    ['ports must not', { rules: [{ action: 'deny', ports: [] }] }],
    ['got 65536', { rules: [{ action: 'deny', ports: [65_536] }] }],
  ])('refuses: %s', (message, options) => {
    expect(() => egressPolicy(options)).toThrow(UsageError);
    expect(() => egressPolicy(options)).toThrow(message);
  });
});

function setUp() {
  const network = memoryNetwork();
  const decisions: EgressDecision[] = [];
  const layer = egressPolicyLayer({ onDecision: (decision) => decisions.push(decision) });
  const connector = layer(network.connector());
  const connect = async (target: string) => connector.serve(connectRequest({ target: parseAddress(target) }));
  return { network, decisions, connect };
}

/** An IPv4 address as two groups of IPv6, each combined with `mask`. */
function hex(ip: string, mask = 0): string {
  const [a = 0, b = 0, c = 0, d = 0] = ip.split('.').map(Number);
  return `${((a * 256 + b) ^ mask).toString(16)}:${((c * 256 + d) ^ mask).toString(16)}`;
}
