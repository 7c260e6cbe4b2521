/** The ways in which applications come to their credentials, by name; consumers.ts says what they are. Apart from it, so that help loads no more. */
export const consumerNames = [
  "dotenv",
  "postgres-url",
  "json",
  "yaml",
  "file",
  "kubernetes-secret",
  "aws-profile",
  "command",
] as const;

/** One of them. */
export type ConsumerName = (typeof consumerNames)[number];
