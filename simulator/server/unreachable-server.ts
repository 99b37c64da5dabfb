/** Addresses at which connections fail. */
import { createServer, type Socket } from "node:net";

export interface UnreachableServer {
  /** https://localhost:<port>, without a trailing slash. */
  readonly origin: string;
  close(): Promise<void>;
}

/** A port on loopback that refuses connections, or accepts them and never sends anything. */
export async function startUnreachableServer(how: "refused" | "blackhole"): Promise<UnreachableServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  if (how === "refused") await close();
  return { origin: `https://localhost:${address.port}`, close };
}
