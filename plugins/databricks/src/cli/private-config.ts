import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Profile } from "../auth/config-file.ts";

/** Seconds that the CLI may try again (databricks-sdk-go config.go, RetryTimeoutSeconds; its default is five minutes): less than we wait for it, so that it says what it meets. */
const retryTimeout = 15;

/** Settings that hold a secret, or may. */
const secretive = /token|secret|password|credentials|metadata_service_url/;

/**
 * Writes a configuration file with one profile of ours into the directory. An explicit profile wins over the environment and over any bundle, and its
 * retries are bounded. Undefined when a setting cannot be copied: what is secret never gets into a file of ours.
 */
export async function writePrivateConfig(
  directory: string,
  { name, settings, general = {} }: Profile & { readonly general?: Profile["settings"] },
): Promise<string | undefined> {
  const bounded = { ...settings, retry_timeout_seconds: settings["retry_timeout_seconds"] ?? String(retryTimeout) };
  const sections = [section("__settings__", general), section(name, bounded)];
  if (sections.includes(undefined)) return undefined;
  const path = join(directory, "databrickscfg");
  await writeFile(path, sections.join("\n"), { mode: 0o600 });
  return path;
}

function section(name: string, settings: Profile["settings"]): string | undefined {
  const entries = Object.entries(settings);
  const plain = entries.every(
    ([key, value]) => !secretive.test(key) && /^[\x21-\x7e]+$/.test(value) && !/[#;"'`\\]/.test(value),
  );
  if (!plain || /[[\]\r\n]/.test(name)) return undefined;
  if (entries.length === 0) return "";
  return [`[${name}]`, ...entries.map(([key, value]) => `${key} = ${value}`), ""].join("\n");
}
