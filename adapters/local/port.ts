/**
 * Free ports on this machine.
 *
 * @module
 */
import { once } from "node:events";
import { createServer } from "node:net";
import { BentoError } from "../../core/bento-error.ts";

/** A port that nothing listens on now. */
export async function freePort(host: string): Promise<number> {
  return await listenOnce(0, host);
}

/**
 * @throws BentoError BENTO_IO when something listens there already
 */
export async function assertPortFree(port: number, host: string): Promise<void> {
  try {
    await listenOnce(port, host);
  } catch (cause) {
    throw new BentoError("BENTO_IO", `port ${port} is in use`, {
      where: `${host}:${port}`,
      hint: "stop what listens there, give another with --set port=…, or leave it out for a free one",
      cause,
    });
  }
}

async function listenOnce(port: number, host: string): Promise<number> {
  const server = createServer();
  server.listen({ port, host, exclusive: true });
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : port;
}
