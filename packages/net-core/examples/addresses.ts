import {
  formatAddress,
  formatAuthority,
  ipScope,
  parseAddress,
  parseAuthority,
  parseCidr,
  parseIp,
  tryParseHost,
} from '@lamella/net-core';

console.log(formatAddress(parseAddress(':8080'))); // as people type it; without a host it is this machine
console.log(formatAuthority(parseAuthority('BÜCHER.example:80')));
console.log(parseIp('2001:DB8:0:0:0:0:0:1').toString());
console.log(parseCidr('10.0.0.0/8').contains(parseIp('10.1.2.3')));
console.log(ipScope(parseIp('::ffff:127.0.0.1'))); // what packets to it end up at
console.log(tryParseHost('127.1'), tryParseHost('0x7f.0.0.1')); // neither a name nor an address
