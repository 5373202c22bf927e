import type { ObjectRecord } from "../../store.ts";

/** The record that is current for a key, encrypted or not. */
export type Current = (bucket: string, key: string) => Promise<ObjectRecord | undefined>;
