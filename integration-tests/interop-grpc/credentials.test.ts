import type { GrpcCredentials, GrpcCredentialsTarget } from '@lamella/grpc';
import { HttpRequest } from '@lamella/http';
import { describe, expect, it } from 'vitest';
import { useLedger } from '../support/ledger.ts';
import { credentialWays } from './credential-ways.ts';
import { account, GRANT_TYPE, signedToken, TokenService } from './token-service.ts';

const ALICE = account('alice@accounts.test');
const SCOPE = 'https://accounts.test/scope';

// interop-test-descriptions.md of grpc/grpc, with accounts and a token service of our own in the place of Google's.
describe.each(credentialWays)('$name', ({ open }) => {
  useLedger();

  it('jwt_token_creds', async () => {
    const { client } = await setup(ownTokens);
    const reply = await client.unaryCall({ responseSize: 314_159, fillUsername: true, payload: LARGE });
    expect([reply.username, reply.oauthScope, reply.payload?.body.length]).toEqual([ALICE.name, '', 314_159]);
  });

  it('oauth2_auth_token', async () => {
    const { openClient, tokens } = await setup();
    const token = await accessToken(tokens);
    const client = openClient(() => ({ authorization: `Bearer ${token}` }));
    const reply = await client.unaryCall({ fillUsername: true, fillOauthScope: true });
    expect([reply.username, reply.oauthScope]).toEqual([ALICE.name, SCOPE]);
  });

  it('per_rpc_creds', async () => {
    const { client } = await setup();
    const known = await client.unaryCall({ fillUsername: true }, { credentials: ownTokens });
    const stranger = await client.unaryCall({ fillUsername: true });
    expect([known.username, stranger.username]).toEqual([ALICE.name, '']);
  });

  it('tokens of strangers, and for others, are none', async () => {
    const { client } = await setup();
    const forged = account(ALICE.name);
    for (const token of [
      signedToken(forged, 'https://localhost/grpc.testing.TestService', Date.now()),
      signedToken(ALICE, 'https://localhost/other.Service', Date.now()),
      signedToken(ALICE, 'https://localhost/grpc.testing.TestService', Date.now() - 120_000),
    ]) {
      const credentials: GrpcCredentials = () => ({ authorization: `Bearer ${token}` });
      expect((await client.unaryCall({ fillUsername: true }, { credentials })).username).toBe('');
    }
  });

  async function setup(credentials?: GrpcCredentials) {
    const tokens = new TokenService([ALICE]);
    const openClient = await open((authorization) => tokens.identify(authorization, '/grpc.testing.TestService'));
    return { client: openClient(credentials), openClient, tokens };
  }
});

/** A token for each call, as an account signs it. */
function ownTokens({ url, method }: Pick<GrpcCredentialsTarget, 'url' | 'method'>) {
  const service = method.path.slice(0, method.path.lastIndexOf('/'));
  return { authorization: `Bearer ${signedToken(ALICE, `${url}${service}`, Date.now())}` };
}

async function accessToken(tokens: TokenService): Promise<string> {
  const assertion = signedToken(ALICE, 'https://tokens.test/', Date.now());
  const body = new URLSearchParams({ grant_type: GRANT_TYPE, assertion, scope: SCOPE }).toString();
  const target = 'https://tokens.test/';
  const response = await tokens.serve(HttpRequest.from({ method: 'POST', target, body }));
  return String(((await response.body.json()) as { readonly access_token: unknown }).access_token); // as the token service says
}

const LARGE = { body: new Uint8Array(271_828) };
