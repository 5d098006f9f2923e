import {
  connectRequest,
  egressPolicy,
  egressPolicyLayer,
  formatAddress,
  parseAddress,
  parseCidr,
} from '@lamella/net-core';
import { listenTcp, staticResolver, tcpConnector } from '@lamella/net-tcp';
import { isLamellaError } from '@lamella/service-core';

const inside = await listenTcp(); // something on this machine that nobody outside should reach

const policy = egressPolicy({
  rules: [
    { action: 'deny', blocks: [parseCidr('203.0.113.0/24')] },
    { action: 'allow', blocks: [parseCidr('10.20.0.0/16')], ports: [443] },
  ],
});
const connector = tcpConnector({
  resolver: staticResolver({ 'innocent.test': ['127.0.0.1'] }),
  egress: egressPolicyLayer({
    policy,
    onDecision: ({ target, isAllowed, reason }) => {
      const place = formatAddress(target).replace(/:\d+$/, '');
      console.log(place, isAllowed ? 'allowed' : 'denied', `(${reason})`);
    },
  }),
});

const port = inside.address.type === 'tcp' ? inside.address.port : 0;
for (const host of [
  'innocent.test',
  '127.0.0.1',
  '[::ffff:127.0.0.1]',
  '169.254.169.254',
  '203.0.113.7',
  '10.20.0.1',
]) {
  const failure: unknown = await connector
    .serve(connectRequest({ target: parseAddress(`${host}:${port}`) }))
    .catch((error: unknown) => error);
  if (isLamellaError(failure) && host === 'innocent.test') console.log(host, failure.code);
}
console.log(policy.judge(parseAddress('10.20.0.1:443')), policy.judge(parseAddress('198.51.100.7:80')).isAllowed);
await inside.close();
