import type { X509Certificate } from 'node:crypto';
import type { SecureContext } from 'node:tls';
import { TLSSocket } from 'node:tls';
import type { ByteStream, Connection } from '@lamella/net-core';
import {
  AlpnSelected,
  clientNetwork,
  FirstBytesDrain,
  formatAddress,
  PeerAddress,
  ServerName,
  TlsSession as TlsSessionKey,
} from '@lamella/net-core';
import type { Layer } from '@lamella/service-core';
import { AbortScope, systemClock } from '@lamella/service-core';
import { certificateStore } from '../certificates/certificate-store.ts';
import { peerCertificateFacts } from '../certificates/peer-certificate.ts';
import type { CertificateSource, ServerCertificate } from '../certificates/server-certificate.ts';
import { TlsError } from '../errors.ts';
import { verifyConditionOf } from '../failure/conditions.ts';
import { handshakeMessage, peerFacts, toTlsError } from '../failure/to-tls-error.ts';
import { PeerCertificate } from '../keys.ts';
import { sessionFacts } from '../shared/session-facts.ts';
import { HandshakeDeadline, handshakeOutOfTurn } from '../transport/handshake-deadline.ts';
import { rawTransport } from '../transport/raw-transport.ts';
import { TlsSession } from '../transport/tls-session.ts';
import { verifyResultOf } from '../transport/verify-result.ts';
import { CertificateChoice } from './certificate-choice.ts';
import type { HandshakeEntrant } from './handshake-gate.ts';
import { HandshakeGate } from './handshake-gate.ts';
import { OcspStapler } from './ocsp-stapler.ts';
import { ServerContexts } from './server-contexts.ts';
import { sessionTicketKeys } from './session-ticket-keys.ts';
import type { TlsAcceptOptions } from './tls-accept-options.ts';
import { checkTlsAcceptOptions } from './tls-accept-options.ts';

/**
 * Speaks TLS with whoever connects, and passes the connection on, decrypted.
 *
 * @remarks
 * Shows the certificate for the name that the client asks for. What is known of the session stands in the store of the connection:
 * `TlsSession`, `AlpnSelected`, `ServerName`, and {@link PeerCertificate} if clients are asked for one.
 *
 * A connection that ends before its first byte, as health checks do it, is nothing to complain about. Works on every stream; see
 * `tlsConnectLayer` for how sessions end.
 *
 * @throws UsageError and TlsMaterialError at construction if options, certificates or roots can't be used. The service rejects with
 * {@link TlsError} if a handshake fails, and with LimitError (`maxWaitingHandshakes`) or TimeoutError (`timeoutMs`) if there is no room for
 * it; the connection is closed then.
 *
 * @example
 * // serveListener(listener, stack(tlsAcceptLayer({ certificates: { cert, key }, alpn: ['http/1.1'] }), server));
 */
export function tlsAcceptLayer(options: TlsAcceptOptions): Layer<Connection, void> {
  checkTlsAcceptOptions(options);
  const server = new TlsServer(options);
  return (inner) => ({
    // Not `async`: what waits for the end of an idle connection takes memory as long as that lasts.
    serve: (connection) =>
      server.accept(connection).then((secured) => (secured === undefined ? undefined : inner.serve(secured))),
  });
}

class TlsServer {
  readonly #options: TlsAcceptOptions;
  readonly #source: CertificateSource;
  /** What every client gets, whichever name it asks for; `undefined` if that has to be found out. */
  readonly #only: ServerCertificate | undefined;
  readonly #contexts: ServerContexts;
  readonly #stapler = new OcspStapler();
  readonly #gate: HandshakeGate;

  constructor(options: TlsAcceptOptions) {
    const { maxConcurrentHandshakes = 1_024, maxWaitingHandshakes = 4_096, timeoutMs = 10_000 } = options;
    const { clock = systemClock, ticketKeys = sessionTicketKeys() } = options;
    this.#options = options;
    this.#source = sourceOf(options.certificates);
    this.#only = onlyOf(options.certificates);
    this.#contexts = new ServerContexts(options, ticketKeys);
    this.#gate = new HandshakeGate({ maxConcurrentHandshakes, maxWaitingHandshakes, timeoutMs, clock });
  }

  /** @returns The connection, decrypted; `undefined` if the client has left without a word. */
  async accept(connection: Connection): Promise<Connection | undefined> {
    const place = this.#placeOf(connection);
    const { scope, drain } = place;
    const registration = this.#options.lifecycle?.register(drain);
    try {
      await this.#gate.enter(scope, place);
      return await this.#secure(connection, place);
    } catch (error) {
      if (place.session === undefined) connection.stream.destroy();
      place.session?.abandon();
      if (drain.wasIdle) return undefined;
      throw error;
    } finally {
      this.#gate.leave(place);
      drain.end();
      registration?.[Symbol.dispose]();
      scope.close();
    }
  }

  #placeOf(connection: Connection): Place {
    const { clock = systemClock } = this.#options;
    const address = connection.extensions.get(PeerAddress);
    const peer = address === undefined ? undefined : formatAddress(address);
    const choice = new CertificateChoice(this.#source);
    const scope = new AbortScope(connection.scope);
    const place: Place = {
      source: clientNetwork(address),
      isBusy: () => choice.isLooking,
      evict: (reason) => scope.abort(handshakeOutOfTurn(peer, reason)),
      peer,
      choice,
      scope,
      drain: new FirstBytesDrain({
        protocol: 'tls-handshake',
        hasBegun: () => place.session?.hasReceived === true,
        abort: (reason) => scope.abort(reason),
        clock,
      }),
      session: undefined,
    };
    return place;
  }

  async #secure(connection: Connection, place: Place): Promise<Connection | undefined> {
    const { clock = systemClock, timeoutMs = 10_000 } = this.#options;
    const { choice, peer, scope, drain } = place;
    const deadline = new HandshakeDeadline({ timeoutMs, clock, scope, peer });
    try {
      const fallback = this.#only ?? (await deadline.race(choice.withoutName()));
      const session = this.#open(connection.stream, choice, fallback, peer);
      place.session = session;
      drain.hear();
      await session.handshake(deadline);
      this.#note(connection, session.socket, peer);
      await deadline.race(this.#checkResumedName(connection, choice, peer));
      return connection.withStream(session.stream);
    } catch (error) {
      const code = error instanceof TlsError ? error.code : undefined;
      if (code === 'LML_ERR_TLS_CLOSED' && place.session?.hasReceived === false) return undefined;
      // OpenSSL says that there is no cipher for the certificate, which there is not.
      throw code === 'LML_ERR_TLS_NO_OVERLAP' ? (choice.refusal(peer, error) ?? error) : error;
    } finally {
      deadline.close();
    }
  }

  #open(
    stream: ByteStream,
    choice: CertificateChoice,
    fallback: ServerCertificate | undefined,
    peer: string | undefined,
  ): TlsSession {
    const { keyLog, dangerouslyAcceptTruncation = false } = this.#options;
    const options = this.#socketOptions(choice, fallback); // before the stream is given away: it may throw
    return new TlsSession(rawTransport(stream), {
      open: (duplex) => {
        const socket = new TLSSocket(duplex, options);
        if (keyLog !== undefined) socket.on('keylog', (line) => keyLog(line.toString('latin1').trimEnd()));
        return socket;
      },
      doneEvent: 'secure',
      peer,
      acceptsTruncation: dangerouslyAcceptTruncation,
    });
  }

  #socketOptions(choice: CertificateChoice, fallback: ServerCertificate | undefined): TlsSocketOptions {
    const { alpn = [], clientAuth } = this.#options;
    return {
      isServer: true,
      secureContext: this.#contextOf(fallback),
      // A handshake that stops to ask which certificate takes a fifth longer; and for a response of OCSP it stops as well.
      ...(this.#only === undefined ? this.#choosing(choice, fallback) : {}),
      requestCert: clientAuth !== undefined,
      rejectUnauthorized: clientAuth?.mode === 'require',
      ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
    };
  }

  #choosing(choice: CertificateChoice, fallback: ServerCertificate | undefined): TlsSocketOptions {
    return {
      server: this.#stapler.serverFor(fallback),
      SNICallback: (serverName, callback) => {
        choice
          .withName(serverName)
          .then((certificate) => this.#contextOf(certificate))
          .then(
            (context) => callback(null, context),
            (error: unknown) => callback(error instanceof Error ? error : new Error(String(error))),
          );
      },
    };
  }

  #contextOf(certificate: ServerCertificate | undefined): SecureContext {
    if (certificate !== undefined) this.#stapler.note(certificate);
    return this.#contexts.for(certificate);
  }

  /** @throws TlsError if the client has to show a good certificate, and has not. */
  #note({ extensions }: Connection, socket: TLSSocket, peer: string | undefined): void {
    const { clientAuth } = this.#options;
    extensions.insert(TlsSessionKey, sessionFacts(socket));
    const serverName: unknown = 'servername' in socket ? socket.servername : undefined;
    if (typeof serverName === 'string' && serverName !== '') extensions.insert(ServerName, serverName.toLowerCase());
    if (typeof socket.alpnProtocol === 'string') extensions.insert(AlpnSelected, socket.alpnProtocol);
    if (clientAuth === undefined) return;
    const certificate = socket.getPeerX509Certificate();
    const verifyCode = verifyResultOf(socket) ?? this.#resumedCode(socket, certificate);
    const isRequired = clientAuth.mode === 'require';
    if (certificate === undefined) {
      if (isRequired) throw toTlsError({ code: 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE' }, peer);
      return;
    }
    if (verifyCode !== undefined && isRequired) throw refusal(verifyCode, peer);
    const code = verifyCode === undefined ? undefined : verifyConditionOf(verifyCode).code;
    extensions.insert(PeerCertificate, peerCertificateFacts(certificate, code));
  }

  /** What was verified when a session began is not verified when it goes on, though the certificate may have expired in between. */
  #resumedCode(socket: TLSSocket, certificate: X509Certificate | undefined): string | undefined {
    const { clock = systemClock } = this.#options;
    if (certificate === undefined || !socket.isSessionReused()) return undefined;
    return clock.epochMs() > Date.parse(certificate.validTo) ? 'CERT_HAS_EXPIRED' : undefined;
  }

  /**
   * Looks for a certificate where none was asked for, since a session goes on: it may have begun when there was one, or at another server. With TLS 1.2
   * Node does not tell the name then.
   *
   * @throws TlsError if there is none.
   */
  async #checkResumedName(
    { extensions }: Connection,
    choice: CertificateChoice,
    peer: string | undefined,
  ): Promise<void> {
    const serverName = extensions.get(ServerName);
    const isResumed = extensions.get(TlsSessionKey)?.isResumed === true;
    if (!isResumed || serverName === undefined || this.#only !== undefined) return;
    await choice.withName(serverName);
    const refusal = choice.refusal(peer, undefined);
    if (refusal !== undefined) throw refusal;
  }
}

/** A handshake, or one to come, in the eyes of the {@link HandshakeGate}. */
interface Place extends HandshakeEntrant {
  /** The client, for messages. */
  readonly peer: string | undefined;
  readonly choice: CertificateChoice;
  /** Ends with it, and ends it. */
  readonly scope: AbortScope;
  readonly drain: FirstBytesDrain;
  /** `undefined` before it has begun. */
  session: TlsSession | undefined;
}

type TlsSocketOptions = NonNullable<ConstructorParameters<typeof TLSSocket>[1]>;

function sourceOf(certificates: TlsAcceptOptions['certificates']): CertificateSource {
  if ('certificateFor' in certificates) return certificates;
  return certificateStore('cert' in certificates ? [certificates] : certificates);
}

/** The certificate, if there is one for good, and nothing to staple to it. */
function onlyOf(certificates: TlsAcceptOptions['certificates']): ServerCertificate | undefined {
  if ('certificateFor' in certificates) return undefined;
  const [first, second] = 'cert' in certificates ? [certificates] : certificates;
  return second === undefined && first?.ocspResponse === undefined ? first : undefined;
}

function refusal(verifyCode: string, peer: string | undefined): TlsError {
  const { code, why } = verifyConditionOf(verifyCode);
  const { facts } = peerFacts(peer);
  const message = handshakeMessage(peer, `the client is refused: ${why}`);
  return new TlsError(code, message, { facts: { protocolCode: verifyCode, ...facts } });
}
