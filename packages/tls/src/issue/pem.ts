/** What a text in PEM says it is. */
export type PemLabel = 'CERTIFICATE' | 'CERTIFICATE REQUEST';

/** Writes DER as PEM, with lines of 64 characters and one line break at the end. RFC 7468. */
export function toPem(label: PemLabel, der: Uint8Array): string {
  const base64 = Buffer.from(der.buffer, der.byteOffset, der.length).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** Finds the certificates in a text, each as PEM by itself, in their order. */
export function splitCertificates(pem: string): readonly string[] {
  return pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)?.map((text) => `${text}\n`) ?? [];
}
