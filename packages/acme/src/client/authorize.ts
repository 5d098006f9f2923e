import type { AcmeChallenge, AcmeSolver } from '../challenges/acme-solver.ts';
import { AcmeError } from '../errors.ts';
import { badResponse } from '../messages/fields.ts';
import { problemText } from '../messages/problem.ts';
import type { Authorization, Challenge } from '../messages/resources.ts';
import { readAuthorization } from '../messages/resources.ts';
import type { OrderWork } from './order-work.ts';

/**
 * Proves that names are ours, one behind the other, as far as the server does not know it already. RFC 8555 section 7.5.
 *
 * @throws AcmeError if a name can't be proved.
 */
export async function authorize(urls: readonly string[], names: readonly string[], work: OrderWork): Promise<void> {
  if (urls.length > names.length)
    throw badResponse(`an order for ${names.length} names has ${urls.length} authorizations`);
  for (const url of urls) await authorizeOne(url, names, work);
}

async function authorizeOne(url: string, names: readonly string[], work: OrderWork): Promise<void> {
  const { transport, account, poller, options, signal } = work;
  const authorization = readAuthorization((await transport.post(url, undefined, account, signal)).json());
  const { identifier, isWildcard, status } = authorization;
  const name = isWildcard ? `*.${identifier}` : identifier;
  // Nothing is shown for a name that nobody here has asked for.
  if (!names.includes(name))
    throw badResponse(`an authorization for ${JSON.stringify(name.slice(0, 100))}, which is not asked for`);
  if (status === 'valid') return;
  if (status !== 'pending') throw refused(name, authorization, undefined);
  const { solver, challenge } = choose(authorization, options.solvers, name);
  const { token } = challenge;
  const shown: AcmeChallenge = { identifier, token, keyAuthorization: account.key.authorize(token) };
  try {
    await solver.present(shown);
    await transport.post(challenge.url, {}, account, signal);
    const decided = await poller.authorization(url);
    if (decided.status !== 'valid') throw refused(name, decided, challenge.type);
  } catch (error) {
    await removed(solver, shown).catch(() => {}); // what came first is what there is to tell
    throw error;
  }
  await removed(solver, shown);
}

/** Never throws before there is a promise. */
async function removed(solver: AcmeSolver, challenge: AcmeChallenge): Promise<void> {
  await solver.remove(challenge);
}

interface Choice {
  readonly solver: AcmeSolver;
  readonly challenge: Challenge;
}

function choose({ challenges }: Authorization, solvers: readonly AcmeSolver[], name: string): Choice {
  for (const solver of solvers) {
    const challenge = challenges.find(({ type }) => type === solver.type);
    if (challenge !== undefined) return { solver, challenge };
  }
  const offered = challenges.map(({ type }) => type).join(', ') || 'nothing that can be solved';
  throw new AcmeError(
    'LML_ERR_ACME_NO_SOLVER',
    `for ${name} the authority offers ${offered}, and there is no solver for it`,
  );
}

function refused(name: string, { status, challenges }: Authorization, type: string | undefined): AcmeError {
  const problem = challenges.find((challenge) => type === undefined || challenge.type === type)?.problem;
  const why = problem === undefined ? status : problemText(problem);
  const message = `the authority does not believe that ${name} is ours${type === undefined ? '' : ` by ${type}`}: ${why}`;
  return new AcmeError('LML_ERR_ACME_CHALLENGE_FAILED', message, { problem });
}
