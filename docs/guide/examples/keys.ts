import { deriveExtensionLayer } from '@lamella/layers';
import { PeerAddress, parseAddress } from '@lamella/net-core';
import type { ExtensionKey, ServiceInput } from '@lamella/service-core';
import { extensionKey, serviceFn, serviceInput, stack } from '@lamella/service-core';

const User: ExtensionKey<string, 'request'> = extensionKey('example/user', { scope: 'request' });

const service = stack(
  deriveExtensionLayer(User, (input: ServiceInput<string>) => /^user=(\w+)/.exec(input.value)?.[1]),
  serviceFn(({ extensions }: ServiceInput<string>) => `hello ${extensions.get(User) ?? 'stranger'}`),
);

console.log(await service.serve(serviceInput('user=ann')));
console.log(await service.serve(serviceInput('nothing')));

const input = serviceInput('user=bob');
// @ts-expect-error: an address belongs to a connection, so it can't be put into the store of a request
input.extensions.insert(PeerAddress, parseAddress('192.0.2.1:80'));
