/** Takes the list of names in a certificate apart, as OpenSSL writes it; one with a comma or a quote in it stands in quotes. */
export function subjectAltNames(list: string | undefined): readonly string[] {
  return list?.match(/(?:[^",]|"(?:[^"\\]|\\.)*")+/g)?.map((name) => name.trim()) ?? [];
}
