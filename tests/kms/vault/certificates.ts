import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate and its key as PEM files, and the certificate as text. */
export interface Issued {
  readonly certPath: string;
  readonly keyPath: string;
  readonly cert: string;
  readonly key: string;
}

/** An authority of its own with the certificates it issued. */
export class TestAuthority {
  readonly #directory = mkdtempSync(join(tmpdir(), "minio-ts-authority-"));
  readonly certPath = join(this.#directory, "ca.crt");

  constructor() {
    const v3 = ["-addext", "keyUsage=critical,keyCertSign"];
    this.#openssl(
      "req",
      "-x509",
      ...NEW_KEY,
      "-keyout",
      "ca.key",
      "-out",
      "ca.crt",
      "-subj",
      "/CN=Test CA",
      ...v3,
    );
  }

  get cert(): string {
    return readFileSync(this.certPath, "utf8");
  }

  /** A certificate for a server on 127.0.0.1, and by no other name. */
  server(): Issued {
    return this.#issue("server", "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n");
  }

  /** A certificate for a client. */
  client(): Issued {
    return this.#issue("client", "extendedKeyUsage=clientAuth\n");
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #issue(name: string, extensions: string): Issued {
    writeFileSync(join(this.#directory, `${name}.ext`), `basicConstraints=CA:FALSE\n${extensions}`);
    this.#openssl("req", ...NEW_KEY, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    const files = ["-in", `${name}.csr`, "-out", `${name}.crt`, "-extfile", `${name}.ext`];
    this.#openssl(
      "x509",
      "-req",
      "-CA",
      "ca.crt",
      "-CAkey",
      "ca.key",
      "-CAcreateserial",
      "-days",
      "2",
      ...files,
    );
    const certPath = join(this.#directory, `${name}.crt`);
    const keyPath = join(this.#directory, `${name}.key`);
    return { certPath, keyPath, cert: readFileSync(certPath, "utf8"), key: readFileSync(keyPath, "utf8") };
  }

  #openssl(...words: readonly string[]): void {
    execFileSync("openssl", words, { cwd: this.#directory, stdio: "ignore" });
  }
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"] as const;
