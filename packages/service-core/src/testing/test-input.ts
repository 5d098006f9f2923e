import type { ExtensionKey } from '../extensions/extension-key.ts';
import { extensionKey } from '../extensions/extension-key.ts';
import type { AbortScope } from '../scope/abort-scope.ts';
import type { ServiceInput } from '../scope/service-input.ts';
import { serviceInput } from '../scope/service-input.ts';

/** A scoped input around any value, as {@link testInput} makes it. */
export type TestInput<Value> = ServiceInput<Value>;

/** An input whose scope the test can abort: `input.scope.abort(reason)`. */
export function testInput<Value>(value: Value): TestInput<Value> & { readonly scope: AbortScope } {
  return serviceInput(value);
}

/** A key for tests, in the scope of a request. */
export const TestMark: ExtensionKey<string, 'request'> = extensionKey('testing/mark', { scope: 'request' });
