import type { Matcher } from '@lamella/service-core';
import { andMatcher, matcherFn, notMatcher } from '@lamella/service-core';

// A matcher says yes by what it has captured; it writes nothing.
const userPath: Matcher<string, { readonly user: string }> = {
  match: (path) => (path.startsWith('/users/') ? { user: path.slice('/users/'.length) } : undefined),
};
const isNested = matcherFn((path: string) => path.split('/').length > 3);
const oneUser = andMatcher(userPath, notMatcher(isNested));

for (const path of ['/users/ann', '/users/ann/files', '/']) console.log(path, oneUser.match(path));
