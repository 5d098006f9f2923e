import type { HttpHeaders } from '@lamella/http';

/** Replaces a field where it stands, its name in the case that it has there; appends it as given if it does not stand there. */
export function setInPlace(headers: HttpHeaders, name: string, value: string): void {
  headers.set(nameAsWritten(headers, name), value);
}

function nameAsWritten(headers: HttpHeaders, name: string): string {
  const lower = name.toLowerCase();
  for (const [written] of headers) if (written.toLowerCase() === lower) return written;
  return name;
}
