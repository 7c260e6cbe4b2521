import type { Infer, ObjectSchema } from "@rotate/plugin-kit";

/** What a rotation asks of the `exec` provider: how the output reads, which fields are in it, and how long they live. */
export const request = {
  type: "object",
  properties: {
    format: {
      enum: ["json", "token", "rotate", "aws-credential-process", "exec-credential", "docker-credential-helper"],
      default: "json",
      description: "The form of what the command prints.",
    },
    args: {
      type: "array",
      items: { type: "string" },
      description: "Arguments behind those of the provider's command.",
    },
    fields: {
      type: "object",
      description: "For json and rotate: the fields of the credential, by name.",
      additionalProperties: {
        type: "object",
        properties: {
          pointer: {
            type: "string",
            pattern: "^(/([^~/]|~[01])*)*$",
            description: "JSON Pointer (RFC 6901) to the value. Default: the field's name, at the top.",
          },
          secret: { type: "boolean", description: "Everything is, unless this says false." },
          multiline: { type: "boolean", description: "May hold line feeds (PEM)." },
          optional: { type: "boolean", description: "May be absent." },
        },
      },
      examples: [{ username: { pointer: "/user/name", secret: false }, password: {} }],
    },
    expires: {
      type: "object",
      description: "For json: where the output says when the credential ends.",
      properties: {
        pointer: { type: "string", pattern: "^(/([^~/]|~[01])*)*$" },
        unit: {
          enum: ["timestamp", "unix-seconds", "unix-milliseconds", "seconds", "milliseconds"],
          default: "timestamp",
          description: "`timestamp` is RFC 3339; unix-… count from 1970; the last two are a life from now.",
        },
      },
      required: ["pointer"],
    },
    expiresIn: {
      type: "string",
      format: "duration",
      description: "The life to assume when neither the output nor a JWT in it says one.",
    },
    neverExpires: {
      type: "boolean",
      default: false,
      description: "The same for a credential that does not end by itself: `refresh` must then say when.",
    },
    apiVersion: {
      enum: ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"],
      default: "client.authentication.k8s.io/v1",
      description: "For exec-credential: the version that the command answers in.",
    },
    server: {
      type: "string",
      description: "For docker-credential-helper: the registry.",
      examples: ["https://index.docker.io/v1/"],
    },
    ttl: {
      type: "string",
      format: "duration",
      description: "The life that the credential must have; handed to the command in ROTATE_TTL_SECONDS.",
    },
  },
} as const satisfies ObjectSchema;

/** Request of `exec`, validated; `ttl` in ms. */
export type Request = Infer<typeof request>;
