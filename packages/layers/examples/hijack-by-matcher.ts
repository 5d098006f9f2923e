import { addExtensionLayer, deriveExtensionLayer, hijackLayer, mapErrorLayer, mapInputLayer } from '@lamella/layers';
import type { ExtensionKey, Matcher, ServiceInput } from '@lamella/service-core';
import { extensionKey, serviceFn, serviceInput, stack } from '@lamella/service-core';

const Tenant: ExtensionKey<string, 'request'> = extensionKey('example/tenant', { scope: 'request' });
const Size: ExtensionKey<number, 'request'> = extensionKey('example/size', { scope: 'request' });
const User: ExtensionKey<string, 'request'> = extensionKey('example/user', { scope: 'request' });

const userPath: Matcher<ServiceInput<string>, { readonly user: string }> = {
  match: ({ value }) => (value.startsWith('/users/') ? { user: value.slice('/users/'.length) } : undefined),
};

const users = serviceFn(
  (input: ServiceInput<string>) => `user ${input.extensions.get(User)} of ${input.extensions.get(Tenant)}`,
);

const service = stack(
  mapInputLayer((path: string) => serviceInput(path)),
  mapErrorLayer((cause) => new Error('not found', { cause })),
  addExtensionLayer(Tenant, 'acme'),
  deriveExtensionLayer(Size, (input: ServiceInput<string>) => input.value.length),
  hijackLayer(userPath, users, { onMatch: (input, { user }) => input.extensions.insert(User, user) }),
  serviceFn((input: ServiceInput<string>) => {
    if (input.value === '/missing') throw new Error('no such page');
    return `page ${input.value}, ${input.extensions.get(Size)} characters`;
  }),
);

console.log(await service.serve('/users/ann'));
console.log(await service.serve('/home'));
console.log(await service.serve('/missing').catch((error: Error) => error.message));
