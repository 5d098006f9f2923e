import { httpClientOn } from '@lamella/http/testing';
import { connectWebSocket, WebSocketHandshakeError, webSocketService } from '@lamella/ws';

// Pages of other origins are refused unless they are listed.
const service = webSocketService({ onConnection() {}, origins: ['https://app.example'] });
const client = httpClientOn(service);
try {
  await connectWebSocket(client, { url: 'ws://app.test/', headers: { Origin: 'https://evil.example' } });
} catch (error) {
  if (error instanceof WebSocketHandshakeError) console.log(error.code, error.status, error.bodyExcerpt.trim());
}
await client.close();
