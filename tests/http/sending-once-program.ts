import { Agent, request } from "node:http";
import process from "node:process";
import { sendingOnce } from "../../src/http/sending-once.ts";

const agent = sendingOnce(new Agent({ keepAlive: true }));

/** Asks the server at the port that is given, and tells what came of it. @param patience in milliseconds */
function ask(path: string, patience: number): Promise<string> {
  return new Promise((resolve) => {
    const options = { host: "127.0.0.1", port: process.argv[2], path, method: "POST", agent };
    const outgoing = request(options, (answer) => {
      answer.resume();
      answer.on("end", () => resolve("answered"));
    });
    outgoing.on("error", () => resolve("failed"));
    outgoing.end("body");
    setTimeout(() => outgoing.destroy(), patience);
  });
}

const outcomes: string[] = [];
for (const path of ["/answered", "/broken", "/answered", "/silent"]) outcomes.push(await ask(path, 300));
await new Promise((resolve) => setTimeout(resolve, 300));
process.stdout.write(outcomes.join(" "), () => process.exit(0));
