import type { ExtensionKey } from '@lamella/service-core';
import { extensionKey } from '@lamella/service-core';

/** Says of a response that no upstream has given it: the proxy has made it by itself. */
export const MadeByProxy: ExtensionKey<true, 'response'> = extensionKey('proxy/made-by-proxy', { scope: 'response' });
