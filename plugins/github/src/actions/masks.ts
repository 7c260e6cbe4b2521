/** Other forms of a secret are only masked when they are long enough not to stand in a log by chance. */
const shortest = 6;

/** The commands that make the runner hide a secret and its encoded forms in all that the job prints from then on. */
export function maskCommands(secret: string): readonly string[] {
  const forms = [secret, ...embedded(secret)].flatMap((text) => [text, ...encoded(text)]);
  const distinct = [...new Set(forms)].filter((form) => form === secret || form.length >= shortest);
  return distinct.filter((form) => form.trim() !== "").map((form) => `::add-mask::${escaped(form)}`);
}

/** The runner knows more forms by itself (actions/runner ValueEncoders.cs); these are the ones it does not, or not whole. */
function encoded(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  const base64 = bytes.toString("base64").replaceAll("=", "");
  return [
    base64,
    bytes.toString("base64url"),
    encodeURIComponent(text.toWellFormed()),
    JSON.stringify(text).slice(1, -1),
  ];
}

/** The password in a connection string, as it stands there and as it is. */
function embedded(text: string): readonly string[] {
  if (!URL.canParse(text)) return [];
  const { password } = new URL(text);
  return password === "" ? [] : [password, unescaped(password)];
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** actions/toolkit command.ts, escapeData. */
function escaped(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
