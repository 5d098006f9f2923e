import type { X509Certificate } from 'node:crypto';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import type { Connection, ConnectRequest } from '@lamella/net-core';
import { AlpnSelected, addConnectTimings, ServerName, TlsSession as TlsSessionKey } from '@lamella/net-core';
import type { Layer } from '@lamella/service-core';
import { systemClock } from '@lamella/service-core';
import { issuerOf } from '../certificates/issuer-of.ts';
import { peerCertificateFacts } from '../certificates/peer-certificate.ts';
import { parsePins } from '../certificates/spki-pin.ts';
import { rootCertificates } from '../certificates/trust-roots.ts';
import { TlsError } from '../errors.ts';
import { handshakeMessage, peerFacts } from '../failure/to-tls-error.ts';
import { OcspResponse, PeerCertificate } from '../keys.ts';
import { sessionFacts } from '../shared/session-facts.ts';
import { HandshakeDeadline } from '../transport/handshake-deadline.ts';
import { rawTransport } from '../transport/raw-transport.ts';
import { TlsSession } from '../transport/tls-session.ts';
import type { ClientContext } from './client-contexts.ts';
import { ClientContexts } from './client-contexts.ts';
import { judgeOcsp } from './judge-ocsp.ts';
import type { ServerTrust } from './judge-server.ts';
import { judgeServer } from './judge-server.ts';
import type { ServerIdentity } from './server-identity.ts';
import { serverIdentity } from './server-identity.ts';
import { SessionCache } from './session-cache.ts';
import { TicketKeeper } from './ticket-keeper.ts';
import type { TlsConnectOptions } from './tls-connect-options.ts';
import { checkTlsConnectOptions } from './tls-connect-options.ts';

/**
 * Speaks TLS on the connections that have to be encrypted (`secure`), and leaves the others alone.
 *
 * @remarks
 * The server has to show a certificate for the host of the target: a name, or an IP address in its subject alternative names. The name that
 * is sent to it (`serverName` of the request, else that host) decides nothing. What is known of the session stands in the store of the
 * connection: `TlsSession`, `AlpnSelected`, `ServerName`, {@link PeerCertificate}; `ConnectTimings` has the time of the handshake.
 *
 * Works on every stream. On sockets of the kernel OpenSSL reads and writes the socket itself. `closeWrite` sends `close_notify`, after
 * which the peer may go on; an end of the peer that it has not announced in this way is a reset.
 *
 * @throws UsageError and TlsMaterialError at construction if options, roots or certificates can't be used. The connector rejects with
 * {@link TlsError} if the handshake fails, and with the reason of the request's signal if it is aborted.
 *
 * @example
 * const secured = tlsConnectLayer({ alpn: ['http/1.1'] });
 * // stack(secured, tcpConnector()) connects by TLS where a request says `secure: true`.
 */
export function tlsConnectLayer(options: TlsConnectOptions = {}): Layer<ConnectRequest, Connection> {
  checkTlsConnectOptions(options);
  const client = new TlsClient(options);
  return (inner) => ({
    async serve(request) {
      if (!request.secure) return inner.serve(request);
      const plan = client.plan(request); // before anything is dialled: what can't be asked for is no reason to connect
      return client.secure(await inner.serve(request), plan);
    },
  });
}

/** What a handshake is about. */
interface Plan extends ServerIdentity {
  readonly request: ConnectRequest;
  readonly context: ClientContext;
  readonly alpn: readonly string[];
}

class TlsClient {
  readonly #options: TlsConnectOptions;
  readonly #contexts: ClientContexts;
  readonly #sessions: SessionCache;
  readonly #trust: ServerTrust;

  constructor(options: TlsConnectOptions) {
    this.#options = options;
    this.#contexts = new ClientContexts(options);
    this.#sessions = new SessionCache(options.maxSessions ?? 256);
    const { roots = 'default', pins, pinScope = 'chain', dangerouslySkipNameCheck = false } = options;
    this.#trust = {
      pins: pins === undefined ? undefined : parsePins(pins),
      roots: once(() => rootCertificates(roots)),
      pinsOnly: pins !== undefined && Array.isArray(roots) && roots.length === 0,
      pinsLeaf: pinScope === 'leaf',
      skipsName: dangerouslySkipNameCheck,
    };
  }

  plan(request: ConnectRequest): Plan {
    const { identity, sendServerName = true, alpn = [] } = this.#options;
    return {
      ...serverIdentity(request, { identity, sendServerName }),
      request,
      context: this.#contexts.for(request),
      alpn: request.alpnOffer.length > 0 ? request.alpnOffer : alpn,
    };
  }

  async secure(connection: Connection, plan: Plan): Promise<Connection> {
    const { clock = systemClock, timeoutMs = 10_000, dangerouslyAcceptTruncation = false } = this.#options;
    const { peer, request } = plan;
    const startedMs = clock.nowMs();
    const tickets = new TicketKeeper(this.#sessions, sessionKey(plan), clock.epochMs());
    let ocspResponse: Uint8Array | undefined;
    const session = new TlsSession(rawTransport(connection.stream), {
      open: (duplex) => {
        const socket = connect({ ...this.#socketOptions(plan, tickets), socket: duplex });
        socket.on('session', (ticket) => tickets.take(ticket));
        socket.on('OCSPResponse', (response: Uint8Array | null) => (ocspResponse = response ?? undefined));
        const { keyLog } = this.#options;
        if (keyLog !== undefined) socket.on('keylog', (line) => keyLog(line.toString('latin1').trimEnd()));
        return socket;
      },
      doneEvent: 'secureConnect',
      peer,
      acceptsTruncation: dangerouslyAcceptTruncation,
    });
    const deadline = new HandshakeDeadline({ timeoutMs, clock, scope: request.scope, peer });
    try {
      await session.handshake(deadline);
      const { extensions } = connection;
      const certificate = shownBy(session.socket, tickets);
      const refusal =
        this.#judge(session.socket, certificate, plan) ??
        this.#judgeOcsp(session.socket, certificate, ocspResponse, plan);
      if (refusal !== undefined && this.#options.dangerouslyAcceptAnyCertificate !== true) throw refusal;
      this.#checkAlpn(session.socket, plan);
      if (refusal === undefined && certificate !== undefined)
        tickets.trust(certificate, session.socket.isSessionReused());
      noteSession(connection, session.socket, plan);
      if (certificate !== undefined)
        extensions.insert(PeerCertificate, peerCertificateFacts(certificate, refusal?.code));
      if (ocspResponse !== undefined) extensions.insert(OcspResponse, ocspResponse);
      addConnectTimings(connection, { tlsMs: clock.nowMs() - startedMs });
    } catch (error) {
      tickets.forget();
      session.abandon();
      throw error;
    } finally {
      deadline.close();
    }
    return connection.withStream(session.stream);
  }

  #socketOptions({ context, alpn, serverName }: Plan, tickets: TicketKeeper): ConnectionOptions {
    const { offered } = tickets;
    return {
      secureContext: context.context,
      servername: serverName ?? '', // Node would make up a name of its own
      ALPNProtocols: [...alpn],
      requestOCSP: this.#options.requestOcsp === true || this.#options.requireOcsp === true,
      // Judged by us as soon as the handshake is done, before anything is sent, with the reason in full: see judgeServer.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ...(offered === undefined ? {} : { session: offered.ticket }),
    };
  }

  #judge(socket: TLSSocket, certificate: X509Certificate | undefined, plan: Plan): TlsError | undefined {
    const { clock = systemClock } = this.#options;
    const { authorizationError } = socket;
    const evidence = {
      certificate,
      // Declared as an error, but a text; and only `authorized` says that there is none.
      verifyCode: socket.authorized ? undefined : String(authorizationError ?? 'UNSPECIFIED'),
      nowMs: clock.epochMs(),
    };
    return judgeServer(evidence, this.#trust, plan);
  }

  /** A session that goes on was judged when it began; nothing is stapled then. */
  #judgeOcsp(
    socket: TLSSocket,
    certificate: X509Certificate | undefined,
    response: Uint8Array | undefined,
    { peer }: Plan,
  ): TlsError | undefined {
    const { requireOcsp = false, clock = systemClock } = this.#options;
    if (!requireOcsp || certificate === undefined || socket.isSessionReused()) return undefined;
    const issuer = issuerOf(certificate, this.#trust.roots);
    const refusal = judgeOcsp({ response, certificate, issuer, nowMs: clock.epochMs() });
    if (refusal === undefined) return undefined;
    const code = refusal.isRevoked ? 'LML_ERR_TLS_CERTIFICATE_REVOKED' : 'LML_ERR_TLS_BAD_OCSP';
    return new TlsError(code, handshakeMessage(peer, refusal.why), peerFacts(peer));
  }

  #checkAlpn({ alpnProtocol }: TLSSocket, { alpn, peer }: Plan): void {
    if (this.#options.requireAlpn !== true || alpn.length === 0 || typeof alpnProtocol === 'string') return;
    const why = `the server has chosen none of the protocols ${alpn.join(', ')}; offer one that it speaks`;
    throw new TlsError('LML_ERR_TLS_NO_ALPN_OVERLAP', handshakeMessage(peer, why), peerFacts(peer));
  }
}

function once<Value>(make: () => Value): () => Value {
  let made: Value | undefined;
  return () => (made ??= make());
}

/** What the server has shown: in a session that goes on, when that began. Asked only once: Node 22 gives something else the second time. */
function shownBy(socket: TLSSocket, { offered }: TicketKeeper): X509Certificate | undefined {
  return socket.isSessionReused() ? offered?.certificate : socket.getPeerX509Certificate();
}

function sessionKey({ host, serverName, peer, context }: Plan): string {
  return `${host} ${serverName ?? ''} ${peer} ${context.id}`;
}

function noteSession({ extensions }: Connection, socket: TLSSocket, { serverName }: Plan): void {
  extensions.insert(TlsSessionKey, sessionFacts(socket));
  if (serverName !== undefined) extensions.insert(ServerName, serverName);
  if (typeof socket.alpnProtocol === 'string') extensions.insert(AlpnSelected, socket.alpnProtocol);
}
