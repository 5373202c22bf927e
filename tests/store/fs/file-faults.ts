import { mock } from "bun:test";
import * as promises from "node:fs/promises";

/** What the operating system may say to any call. */
export const ERRORS = ["EIO", "ENOSPC", "EACCES", "EMFILE"] as const;
export type FileError = (typeof ERRORS)[number];

/** Functions and methods through which files are reached. */
const FUNCTIONS = [
  ...["access", "lstat", "mkdir", "open", "opendir", "readFile", "readdir"],
  ...["realpath", "rename", "rm", "rmdir", "stat", "unlink", "utimes"],
] as const;
const METHODS = ["close", "datasync", "read", "readFile", "stat", "sync", "write", "writeFile"] as const;

/** Lets calls of files fail, as the operating system would let them. */
export class FileFaults {
  /** Names of all calls since the last `count`. */
  readonly calls: string[] = [];
  #fails: (call: number) => boolean = () => false;
  #error: FileError = "EIO";
  #shortWrites = false;
  /** The call that failed first. */
  failed: string | undefined;

  #uninstall: () => void = () => {};

  /** Replaces the functions for the whole process, until `uninstall`. */
  static async install(): Promise<FileFaults> {
    const faults = new FileFaults();
    const real: Record<string, unknown> = { ...promises };
    const replaced: Record<string, unknown> = { ...real };
    for (const name of FUNCTIONS) replaced[name] = faults.#wrap(name, real[name]);
    mock.module("node:fs/promises", () => ({ ...replaced, default: replaced }));
    const handle = await promises.open(import.meta.dirname, "r");
    const prototype: Record<string, unknown> = Object.getPrototypeOf(handle);
    await handle.close();
    const methods = METHODS.map((name) => [name, prototype[name]] as const);
    for (const [name, method] of methods) prototype[name] = faults.#wrapMethod(name, method);
    faults.#uninstall = () => {
      mock.module("node:fs/promises", () => ({ ...real, default: real }));
      for (const [name, method] of methods) prototype[name] = method;
    };
    return faults;
  }

  uninstall(): void {
    this.#uninstall();
  }

  /** No faults from here on. */
  count(): void {
    this.calls.length = 0;
    this.failed = undefined;
    this.#fails = () => false;
    this.#shortWrites = false;
  }

  /** The call of this number fails, and if `lasting` all behind it. The first is 0. */
  fail(number: number, error: FileError, lasting = false): void {
    this.count();
    this.#error = error;
    this.#fails = (call) => lasting ? call >= number : call === number;
  }

  /** Every write takes half of its bytes. */
  writeShort(): void {
    this.count();
    this.#shortWrites = true;
  }

  #hit(name: string): boolean {
    this.calls.push(name);
    const fails = this.#fails(this.calls.length - 1);
    if (fails) this.failed ??= name;
    return fails;
  }

  #refusal(name: string): Error {
    return Object.assign(new Error(`${this.#error}: injected, ${name}`), {
      code: this.#error,
      syscall: name,
    });
  }

  #wrap(name: string, real: unknown): unknown {
    return (...args: unknown[]) => {
      if (this.#hit(name)) return Promise.reject(this.#refusal(name));
      return (real as (...args: unknown[]) => unknown)(...args);
    };
  }

  #wrapMethod(name: string, real: unknown): unknown {
    const hit = (call: (args: unknown[]) => unknown, args: unknown[]) => this.#call(name, call, args);
    return function (this: unknown, ...args: unknown[]) {
      return hit((values) => (real as (...args: unknown[]) => unknown).apply(this, values), args);
    };
  }

  async #call(name: string, real: (args: unknown[]) => unknown, args: unknown[]): Promise<unknown> {
    if (!this.#hit(name)) {
      const [bytes, offset, length, position] = args;
      if (name !== "write" || !this.#shortWrites || typeof length !== "number") return await real(args);
      return await real([bytes, offset, Math.ceil(length / 2), position]);
    }
    // Closing may report a fault, but the file is closed.
    if (name === "close") await real(args);
    throw this.#refusal(name);
  }
}
