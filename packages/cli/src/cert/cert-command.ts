import { homedir } from 'node:os';
import { join } from 'node:path';
import type { CertificateAuthority, CertificateUsage, IssuedCertificate } from '@lamella/tls';
import { certificateAuthority, openCertificateAuthority, selfSignedCertificate } from '@lamella/tls';
import { Command } from 'commander';
import { CliError, EXIT, messageOf } from '../cli-error.ts';
import { valueOption } from '../options.ts';
import { authorityFolder } from './authority-folder.ts';
import { authorityProblem } from './authority-problem.ts';
import { authorityNameOption, daysOption, dnsOption, ipOption, namesOf, pathLengthOption } from './cert-options.ts';
import { writeFiles } from './output-files.ts';

/** `lamella cert`: certificates for development. */
export function certCommand(): Command {
  return new Command('cert')
    .description('Make certificates for development: self-signed ones, an authority, and those that it signs.')
    .addHelpText('after', EXAMPLES)
    .addCommand(selfSignedCommand())
    .addCommand(caCommand())
    .addCommand(leafCommand());
}

function selfSignedCommand(): Command {
  return leafOptions('self-signed', 'A certificate that has signed itself: cert.pem and key.pem.').action(
    async (options: LeafOptions) => {
      const { days: validityMs } = options;
      writeLeaf(await selfSignedCertificate({ names: namesOf(options), validityMs }), options);
    },
  );
}

function leafCommand(): Command {
  return leafOptions('leaf', 'A certificate signed by the authority of `lamella cert ca`: cert.pem and key.pem.')
    .option('--ca <folder>', AUTHORITY_PLACE)
    .option('--client', 'for a client as well as for a server')
    .action(async (options: LeafOptions & LeafAuthorityOptions) => {
      const folder = options.ca ?? defaultFolder();
      const authority = await openedAuthority(folder);
      const usages: readonly CertificateUsage[] = options.client === true ? ['server', 'client'] : ['server'];
      const { days: validityMs } = options;
      writeLeaf(await authority.issue({ names: namesOf(options), usages, validityMs }), options);
    });
}

function caCommand(): Command {
  return new Command('ca')
    .description('An authority for development: ca.pem, to be trusted, and ca-key.pem, to be kept.')
    .addOption(valueOption('--name <name>', 'what people see', authorityNameOption, 'Lamella development CA'))
    .addOption(valueOption('--days <days>', 'how long it is good', daysOption, '3650'))
    .option('--path-length <count>', 'how many authorities may stand below it (default: any number)', pathLengthOption)
    .option('--out <folder>', AUTHORITY_PLACE)
    .option('--force', 'replace the one that is there: what it has signed is trusted no more')
    .action(async ({ name, days, pathLength, out = defaultFolder(), force = false }: CaOptions) => {
      const made = await certificateAuthority({
        subject: { commonName: name },
        validityMs: days,
        ...(pathLength === undefined ? {} : { pathLength }),
      });
      const [certPath, keyPath] = [join(out, 'ca.pem'), join(out, 'ca-key.pem')];
      writeFiles(
        [
          { path: keyPath, content: made.key + made.cert, isSecret: true },
          { path: certPath, content: made.cert, isSecret: false },
        ],
        force,
      );
      print(`${certPath}: ${name}, until ${dayOf(made.validToMs)}; whoever trusts it trusts what ${keyPath} signs`);
    });
}

async function openedAuthority(folder: string): Promise<CertificateAuthority> {
  try {
    return await openCertificateAuthority(folder, { create: false });
  } catch (error) {
    const hint = messageOf(error).startsWith('there is no authority') ? '; `lamella cert ca` makes one' : '';
    throw new CliError(`${authorityProblem(folder, error)}${hint}`, EXIT.failed, { cause: error });
  }
}

function leafOptions(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--dns <name>', 'a host name, or *.example.com; repeat for more (default: localhost)', dnsOption)
    .option('--ip <address>', 'an IP address; repeat for more (default: 127.0.0.1 and ::1)', ipOption)
    .addOption(valueOption('--days <days>', 'how long it is good', daysOption, '90'))
    .option('--out <folder>', 'where the files are written', '.')
    .option('--force', 'write over files that are there');
}

function writeLeaf({ cert, key, validToMs }: IssuedCertificate, options: LeafOptions): void {
  const [certPath, keyPath] = [join(options.out, 'cert.pem'), join(options.out, 'key.pem')];
  writeFiles(
    [
      { path: keyPath, content: key, isSecret: true },
      { path: certPath, content: cert, isSecret: false },
    ],
    options.force ?? false,
  );
  print(`${certPath}: ${namesOf(options).join(', ')}, until ${dayOf(validToMs)}; its key: ${keyPath}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function dayOf(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10);
}

function defaultFolder(): string {
  return authorityFolder({ env: process.env, home: homedir() });
}

interface LeafOptions {
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  readonly days: number;
  readonly out: string;
  readonly force?: boolean;
}

interface LeafAuthorityOptions {
  readonly ca?: string;
  readonly client?: boolean;
}

interface CaOptions {
  readonly name: string;
  readonly days: number;
  readonly pathLength?: number;
  readonly out?: string;
  readonly force?: boolean;
}

const AUTHORITY_PLACE = 'folder of the authority (default: lamella/ca in $XDG_CONFIG_HOME or ~/.config)';

const EXAMPLES = `
Examples:
  lamella cert self-signed --dns localhost --ip 127.0.0.1
  lamella cert ca
  lamella cert leaf --dns shop.test --dns '*.shop.test' --out certs
  openssl verify -CAfile ~/.config/lamella/ca/ca.pem certs/cert.pem`;
