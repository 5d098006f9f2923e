import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHttpClient, HttpResponse, httpServerLayer, requests } from '@lamella/http';
import { formatAddress, serveListener } from '@lamella/net-core';
import { listenTcp, tcpConnector } from '@lamella/net-tcp';
import { createLifecycle, serviceFn, stack } from '@lamella/service-core';
import { certificateIssuer, openCertificateAuthority, tlsAcceptLayer, tlsConnectLayer } from '@lamella/tls';

const lifecycle = createLifecycle();
const folder = await mkdtemp(join(tmpdir(), 'authority-')); // in a program: a folder that stays
const authority = await openCertificateAuthority(folder); // made at the first call; trust its ca.pem once

// A certificate for every name of this machine that a client asks for, when it asks first.
const certificates = certificateIssuer({
  authority,
  allows: (name) => name === '127.0.0.1' || /^(.+\.)?localhost$/.test(name),
  withoutName: '127.0.0.1', // whom clients mean that name nobody: those who ask by address
});
const app = serviceFn(() => HttpResponse.text('hello from this machine'));
const server = stack(tlsAcceptLayer({ certificates, lifecycle }), httpServerLayer({ lifecycle }), app);
const listener = await listenTcp();
void serveListener(listener, server, { lifecycle });

const tls = tlsConnectLayer({ roots: authority.cert });
const client = createHttpClient({ connector: tcpConnector(), tls, lifecycle });
console.log(
  await requests(client)
    .get(`https://${formatAddress(listener.address)}/`)
    .asText(),
);
await lifecycle.drain();
await rm(folder, { recursive: true });
