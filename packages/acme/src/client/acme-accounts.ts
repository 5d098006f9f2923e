import { createHash } from 'node:crypto';
import { AcmeError } from '../errors.ts';
import { badResponse } from '../messages/fields.ts';
import { isFields, optionalText } from '../messages/optional-fields.ts';
import { AccountKey, newAccountKey } from './account-key.ts';
import type { AcmeClientOptions } from './acme-client-options.ts';
import type { AcmeSender, AcmeTransport } from './acme-transport.ts';
import { externalBinding } from './jws.ts';
import { abortable } from './waiting.ts';

/** An account that the server knows. */
export interface AcmeAccount extends AcmeSender {
  readonly kid: string;
}

/** Finds the account, or makes it. RFC 8555 section 7.3. */
export class AcmeAccounts {
  readonly #options: AcmeClientOptions;
  readonly #transport: AcmeTransport;
  #account: Promise<AcmeAccount> | undefined;

  constructor(options: AcmeClientOptions, transport: AcmeTransport) {
    this.#options = options;
    this.#transport = transport;
  }

  /** The account, of the storage or of the server; whoever asks at the same time gets the same. */
  get(signal: AbortSignal): Promise<AcmeAccount> {
    if (this.#account === undefined) {
      // Not ended by one of those who wait: the others need it. Its requests have a time limit of their own.
      const finding = this.#find(new AbortController().signal);
      this.#account = finding;
      finding.catch(() => {
        if (this.#account === finding) this.#account = undefined;
      });
    }
    return abortable(this.#account, signal);
  }

  /** The server does not know the account any more: the next one who asks makes it anew, with the same key. */
  async forget(account: AcmeAccount): Promise<void> {
    const current = await this.#account?.catch(() => undefined);
    if (current !== account) return;
    this.#account = undefined;
    const kept = await this.#load();
    if (kept?.key !== undefined) await this.#store({ key: kept.key });
  }

  async #find(signal: AbortSignal): Promise<AcmeAccount> {
    const kept = await this.#load();
    const pem = this.#options.accountKey ?? kept?.key ?? newAccountKey();
    const key = new AccountKey(pem);
    if (kept?.key === pem && kept.url !== undefined) return { key, kid: kept.url };
    // The key first: an account whose key is lost is lost, and authorities limit how many there are.
    await this.#store({ key: pem });
    const kid = await this.#register(key, signal);
    await this.#store({ key: pem, url: kid });
    return { key, kid };
  }

  /** Makes the account, or finds the one that the server has for this key. */
  async #register(key: AccountKey, signal: AbortSignal): Promise<string> {
    const { termsOfServiceAgreed = false, contacts = [], externalAccount } = this.#options;
    const { newAccount, termsOfService, externalAccountRequired } = await this.#transport.directory(signal);
    if (termsOfService !== undefined && !termsOfServiceAgreed) {
      const message = `the authority asks for agreement to its terms, ${termsOfService}: set termsOfServiceAgreed`;
      throw new AcmeError('LML_ERR_ACME_TERMS', message);
    }
    if (externalAccountRequired && externalAccount === undefined) {
      throw new AcmeError(
        'LML_ERR_ACME_TERMS',
        'the authority asks for an account at somebody else: set externalAccount',
      );
    }
    const payload = {
      ...(termsOfServiceAgreed ? { termsOfServiceAgreed } : {}),
      ...(contacts.length === 0 ? {} : { contact: contacts }),
      ...(externalAccount === undefined
        ? {}
        : { externalAccountBinding: externalBinding(externalAccount, key.jwk, newAccount) }),
    };
    const { location } = await this.#transport.post(newAccount, payload, { key }, signal);
    if (location === undefined) throw badResponse('it does not say where the account is');
    return location;
  }

  async #load(): Promise<KeptAccount | undefined> {
    const text = await this.#options.storage.load(this.#name);
    if (text === undefined) return undefined;
    try {
      const kept: unknown = JSON.parse(text);
      if (isFields(kept)) return { key: optionalText(kept, 'key'), url: optionalText(kept, 'url') };
    } catch {
      // Told below.
    }
    throw new AcmeError('LML_ERR_ACME_STORAGE', `what is kept as ${this.#name} is no account`);
  }

  async #store(kept: KeptAccount): Promise<void> {
    await this.#options.storage.store(
      this.#name,
      JSON.stringify({ directoryUrl: this.#options.directoryUrl, ...kept }),
    );
  }

  /** One account for each server. */
  get #name(): string {
    return `account-${createHash('sha256').update(this.#options.directoryUrl).digest('hex').slice(0, 16)}`;
  }
}

interface KeptAccount {
  readonly key?: string | undefined;
  readonly url?: string | undefined;
}
