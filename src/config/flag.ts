import { z } from "zod";

/** Every spelling of yes and no that MinIO has taken over the years (minio-formats section 11). */
const ON = new Set(["1", "t", "T", "true", "TRUE", "True", "on", "ON", "On"]);
const OFF = new Set(["0", "f", "F", "false", "FALSE", "False", "off", "OFF", "Off"]);

/** A setting that is on or off. */
export const flag = z.string().transform((text, context) => {
  if (ON.has(text) || text.toLowerCase() === "enabled") return true;
  if (OFF.has(text) || text.toLowerCase() === "disabled") return false;
  context.addIssue({ code: "custom", message: 'must be "on" or "off"' });
  return z.NEVER;
});
