/** Writes the name of an option, such as `cacert`, as it is typed for those who are meant. */
export type TlsWords = (name: string) => string;

/** Options for servers. */
export const serverWords: TlsWords = (name) => `--${name}`;

/** Options for `https` proxies. */
export const proxyWords: TlsWords = (name) => `--proxy-${name}`;
