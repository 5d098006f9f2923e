import type { ExtensionKey } from '@lamella/service-core';
import { createExtensions, extensionKey } from '@lamella/service-core';

const Token: ExtensionKey<string, 'request'> = extensionKey('example/token', { scope: 'request', originScoped: true });
const TraceId: ExtensionKey<string, 'request'> = extensionKey('example/trace-id', { scope: 'request' });

const request = createExtensions('request');
request.insert(Token, 'secret');
request.insert(TraceId, 'abc');

const elsewhere = request.fork('attempt', { hideOriginScoped: true });
console.log(elsewhere.get(Token), elsewhere.get(TraceId));
console.log(request.get(Token));
