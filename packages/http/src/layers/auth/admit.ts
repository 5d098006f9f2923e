import type { ExtensionKey, Service } from '@lamella/service-core';
import type { HttpRequest } from '../../message/http-request.ts';
import type { HttpResponse } from '../../message/http-response.ts';
import { callInner } from '../shared/call-inner.ts';
import type { AuthenticatedUser } from './auth-user.ts';

/** Who somebody is; `undefined` if the credentials are wrong. */
export type VerifiedUser = AuthenticatedUser | undefined;

/**
 * Lets a request in, or answers it; waits only for a check that is not done at once.
 *
 * @remarks
 * What a check gives that is no user with a name counts as nobody: `null` out of a database and `false` let nobody in, nor does a
 * promise of whichever library before it has settled.
 *
 * @param refuse - Makes the answer for nobody, or for a user who may not; `undefined` for one who may.
 */
export function admit(
  verified: VerifiedUser | Promise<VerifiedUser>,
  key: ExtensionKey<AuthenticatedUser, 'request'>,
  request: HttpRequest,
  inner: Service<HttpRequest, HttpResponse>,
  refuse: (user: VerifiedUser) => HttpResponse | undefined,
): Promise<HttpResponse> {
  const enter = (given: VerifiedUser): HttpResponse | Promise<HttpResponse> => {
    const user = isUser(given) ? given : undefined;
    const refusal = refuse(user);
    if (refusal !== undefined) return refusal;
    if (user !== undefined) request.extensions.insert(key, user);
    return callInner(inner, request);
  };
  if (isThenable(verified)) return Promise.resolve(verified).then(enter);
  const answer = enter(verified);
  return answer instanceof Promise ? answer : Promise.resolve(answer);
}

function isUser(given: unknown): boolean {
  return typeof given === 'object' && given !== null && 'name' in given && typeof given.name === 'string';
}

/** Not every promise is one of this realm. */
function isThenable(verified: VerifiedUser | Promise<VerifiedUser>): verified is Promise<VerifiedUser> {
  return typeof verified === 'object' && verified !== null && 'then' in verified && typeof verified.then === 'function';
}
