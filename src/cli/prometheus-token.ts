import { readFileSync } from "node:fs";
import { loadConfig } from "../config/config.ts";
import { prometheusToken as makeToken } from "../metrics/prometheus-token.ts";
import { type Command, UsageError } from "./command.ts";

/** `minio-ts prometheus-token`. */
export const prometheusToken: Command = {
  name: "prometheus-token",
  usage: "",
  summary: "make the token that Prometheus reads the metrics with",
  flags: [],
  examples: ["minio-ts prometheus-token > /etc/prometheus/minio.token"],
  async run(words, terminal) {
    if (words.length > 0) throw new UsageError("it takes no arguments.");
    const { rootUser, rootPassword } = loadConfig(terminal.env, (path) => readFileSync(path, "utf8"));
    terminal.print(`${await makeToken(rootUser, rootPassword, Date.now())}\n`);
    return 0;
  },
};
