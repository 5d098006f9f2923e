import { PeerAddress, parseAddress } from '@lamella/net-core';
import type { ExtensionKey } from '@lamella/service-core';
import { createExtensions, extensionKey } from '@lamella/service-core';

const User: ExtensionKey<string, 'request'> = extensionKey('example/user', { scope: 'request' });
const Upstream: ExtensionKey<string, 'attempt'> = extensionKey('example/upstream', { scope: 'attempt' });

// A request that came in by a connection.
const connection = createExtensions('connection');
connection.insert(PeerAddress, parseAddress('192.0.2.7:50000'));
const request = createExtensions('request', connection);
request.insert(User, 'ann', { by: 'login' });

// Two attempts to answer it.
const first = request.fork('attempt');
first.insert(Upstream, 'blue');
first.insert(User, 'ann on blue');
const second = request.fork('attempt');
second.insert(Upstream, 'green');

console.log('first: ', first.get(Upstream), '/', first.get(User));
console.log('second:', second.get(Upstream), '/', second.get(User));
console.log('second is of', second.get(PeerAddress)?.type);
console.log();
console.log(second.inspect());
