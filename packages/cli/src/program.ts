import { Command } from 'commander';
import { certCommand } from './cert/cert-command.ts';
import { grpcCommand } from './grpc/grpc-command.ts';
import { probeCommand } from './probe/probe-command.ts';
import { sendCommand } from './send/send-command.ts';
import { serveCommand } from './serve/serve-command.ts';
import { version } from './version.ts';

/** The whole command line. Its errors are thrown, not exited with. */
export function program(): Command {
  return throwing(commands());
}

function commands(): Command {
  return new Command('lamella')
    .description('A modular network stack: serve, proxy and send HTTP, and call gRPC.')
    .version(version)
    .addHelpText('after', EXAMPLES)
    .addCommand(serveCommand())
    .addCommand(sendCommand())
    .addCommand(grpcCommand())
    .addCommand(certCommand())
    .addCommand(probeCommand());
}

/** Commands do not inherit this from the one that they are added to. */
function throwing(command: Command): Command {
  for (const child of command.commands) throwing(child);
  return command.exitOverride().showSuggestionAfterError();
}

const EXAMPLES = `
Examples:
  lamella serve echo --bind 127.0.0.1:9000
  lamella send -v -d hello http://127.0.0.1:9000/
  lamella serve echo --bind 127.0.0.1:9443 --tls
  lamella serve grpc-echo --bind 127.0.0.1:50051
  lamella grpc call -d '{"message":"hello"}' 127.0.0.1:50051 lamella.echo.v1.Echo/Say
  lamella probe tls --cacert ~/.config/lamella/ca/ca.pem localhost:9443
  lamella serve proxy --bind 127.0.0.1:8080 --auth me:secret
  lamella serve reverse --to /api=http://127.0.0.1:3000 --to http://127.0.0.1:9000
  lamella cert self-signed --dns localhost --ip 127.0.0.1`;
