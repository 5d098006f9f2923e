// Getting certificates

export type { AcmeClient, ObtainOptions } from './client/acme-client.ts';
export { acmeClient } from './client/acme-client.ts';
export type { AcmeClientOptions } from './client/acme-client-options.ts';
export type { ExternalAccount } from './client/jws.ts';
export type { AcmeCertificate } from './client/obtained-certificate.ts';

// Having them renewed

export type { AcmeCertificates, AcmeCertificatesOptions } from './renewal/acme-certificates.ts';
export { acmeCertificates } from './renewal/acme-certificates.ts';

// Proving that names are ours

export type { AcmeChallenge, AcmeSolver } from './challenges/acme-solver.ts';
export type { HttpChallenges } from './challenges/http-challenges.ts';
export { httpChallenges } from './challenges/http-challenges.ts';
export type { TlsAlpnChallenges, TlsAlpnChallengesOptions } from './challenges/tls-alpn-challenges.ts';
export { tlsAlpnChallenges } from './challenges/tls-alpn-challenges.ts';

// Keeping accounts and certificates

export type { AcmeStorage } from './storage/acme-storage.ts';
export { memoryAcmeStorage } from './storage/acme-storage.ts';
export { fileAcmeStorage } from './storage/file-acme-storage.ts';

// Errors

export type { AcmeErrorCode, AcmeErrorOptions } from './errors.ts';
export { AcmeError } from './errors.ts';
export type { AcmeProblem } from './messages/problem.ts';
