import { tryParseIp } from '@lamella/net-core';
import { systemClock } from '@lamella/service-core';
import { certificateRequest } from '@lamella/tls';
import { AcmeError } from '../errors.ts';
import { badResponse } from '../messages/fields.ts';
import type { Order } from '../messages/resources.ts';
import { readOrder } from '../messages/resources.ts';
import { AcmeAccounts } from './acme-accounts.ts';
import type { AcmeClientOptions } from './acme-client-options.ts';
import { checkAcmeClientOptions } from './acme-client-options.ts';
import { AcmeTransport } from './acme-transport.ts';
import { authorize } from './authorize.ts';
import { checkedNames } from './checked-names.ts';
import type { AcmeCertificate } from './obtained-certificate.ts';
import { obtainedCertificate } from './obtained-certificate.ts';
import type { OrderWork } from './order-work.ts';
import { Poller } from './poller.ts';

/** What a certificate is asked for with. */
export interface ObtainOptions {
  /** The private key, as PEM. Default: a new one on P-256. */
  readonly key?: string;
  /** Gives up. */
  readonly signal?: AbortSignal;
}

/** Gets certificates from an ACME server. */
export interface AcmeClient {
  /**
   * Gets a certificate: an order, proofs for its names, a request, and the certificate itself.
   *
   * @remarks
   * Proofs that the server still remembers are not made again. What was shown for a proof is removed, whatever the outcome. Nothing is
   * kept but the account.
   *
   * @param names - 1 to 100 host names, wildcards (which need a solver for `dns-01`), IP addresses.
   * @throws AcmeError if it can't be had; TimeoutError (`requestTimeoutMs`); what `service` or a solver rejects with; the reason of `signal`;
   * UsageError if a name is none.
   */
  obtain(names: readonly string[], options?: ObtainOptions): Promise<AcmeCertificate>;
}

/**
 * Makes a client for an ACME server: RFC 8555.
 *
 * @remarks
 * The account is made at the first order, and kept in `storage`. Whatever the server says is checked and bounded: its addresses have to be
 * https, redirects are not followed, answers have a size, and nothing is looked at for ever.
 *
 * @throws UsageError if an option is out of its range.
 *
 * @example
 * // const client = acmeClient({
 * //   service: createHttpClient({ connector: tlsConnectLayer()(tcpConnector()), protocols: [http1()] }),
 * //   directoryUrl: 'https://acme-v02.api.letsencrypt.org/directory',
 * //   termsOfServiceAgreed: true,
 * //   solvers: [httpChallenges()],
 * //   storage: fileAcmeStorage('/var/lib/example/acme'),
 * // });
 * // const { cert, key } = await client.obtain(['example.com', 'www.example.com']);
 */
export function acmeClient(options: AcmeClientOptions): AcmeClient {
  checkAcmeClientOptions(options);
  const { requestTimeoutMs = 30_000, maxResponseBytes = 262_144, dangerouslyAcceptHttp = false } = options;
  const { service, directoryUrl, clock = systemClock } = options;
  const limits = { requestTimeoutMs, maxResponseBytes, dangerouslyAcceptHttp };
  const transport = new AcmeTransport({ service, directoryUrl, clock, ...limits });
  const accounts = new AcmeAccounts(options, transport);
  return {
    async obtain(names, { key, signal = NEVER } = {}) {
      const checked = checkedNames(names);
      signal.throwIfAborted();
      const request = await certificateRequest({ names: checked, ...(key === undefined ? {} : { key }) });
      const { account, order, url } = await newOrder(transport, accounts, checked, signal);
      const poller = new Poller(transport, account, options, signal);
      const cert = await certificateOf(order, url, checked, request.der, {
        transport,
        account,
        poller,
        options,
        signal,
      });
      return obtainedCertificate(cert, request.key, checked, clock.epochMs());
    },
  };
}

async function newOrder(
  transport: AcmeTransport,
  accounts: AcmeAccounts,
  names: readonly string[],
  signal: AbortSignal,
) {
  const identifiers = names.map((value) => ({ type: tryParseIp(value) === undefined ? 'dns' : 'ip', value }));
  for (let attempt = 1; ; attempt++) {
    const account = await accounts.get(signal);
    try {
      const directory = await transport.directory(signal);
      const answer = await transport.post(directory.newOrder, { identifiers }, account, signal);
      if (answer.location === undefined) throw badResponse('it does not say where the order is');
      return { account, order: readOrder(answer.json()), url: answer.location };
    } catch (error) {
      // The server has lost the account, or a test server was started anew: once more, with the same key.
      const isUnknown = error instanceof AcmeError && error.problem?.type === 'accountDoesNotExist';
      if (!isUnknown || attempt > 1) throw error;
      await accounts.forget(account);
    }
  }
}

/** Brings an order from its beginning to the certificate. RFC 8555 section 7.4. */
async function certificateOf(
  order: Order,
  url: string,
  names: readonly string[],
  csr: Uint8Array,
  work: OrderWork,
): Promise<string> {
  const { transport, account, poller, signal } = work;
  await authorize(order.authorizations, names, work);
  const ready = await poller.order(url, ({ status }) => status !== 'pending');
  if (ready.status === 'ready') {
    await transport.post(ready.finalize, { csr: Buffer.from(csr).toString('base64url') }, account, signal);
  }
  const valid = await poller.order(url, ({ status }) => status === 'valid');
  if (valid.certificate === undefined) throw badResponse('an order is valid, and has no certificate');
  return (await transport.post(valid.certificate, undefined, account, signal)).text;
}

const NEVER = new AbortController().signal;
