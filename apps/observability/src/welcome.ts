/** Says what runs, and commands to try. */
export function printWelcome(collector: string, gateway: string): void {
  console.log(`observability  ${collector}
gateway        ${gateway}

Open the first one in a browser, and make some load there, or in another terminal:

  curl -i ${gateway}/offers/tea
  curl -i ${gateway}/offers/slow
  curl -i ${gateway}/offers/flaky
  curl -i ${gateway}/offers/broken
  curl -i ${gateway}/offers/stuck
  curl -i ${gateway}/offers/missing

The first address also takes OTLP of any other program, over HTTP and gRPC.

Ctrl+C drains and stops.
`);
}
