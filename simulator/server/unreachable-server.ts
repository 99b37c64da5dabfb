/** Places at which an API server cannot be reached, each in a way of its own. */
import { createServer, type Socket } from "node:net";

export interface Unreachable {
  /** https://localhost:<port>, without a trailing slash. */
  readonly origin: string;
  close(): Promise<void>;
}

/** A port on loopback that refuses connections, or that takes them and never says a word. */
export async function startUnreachable(how: "refused" | "blackhole"): Promise<Unreachable> {
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
