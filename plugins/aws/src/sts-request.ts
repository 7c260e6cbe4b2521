import type { Infer, ObjectSchema } from "@rotate/plugin-kit";

/** What a rotation asks of STS. Which of it goes with which action: sts-limits.ts. */
export const request = {
  type: "object",
  properties: {
    action: {
      enum: ["AssumeRole", "AssumeRoleWithWebIdentity", "GetSessionToken", "GetFederationToken"],
      default: "AssumeRole",
      description: "The call of STS that mints",
    },
    ttl: {
      type: "string",
      format: "duration",
      min: "15m",
      max: "36h",
      description:
        "How long the session lives. A role: up to its maximum (1 h to 12 h), 1 h for a session that takes a role; the others: up to 36 h",
    },
    roleArn: {
      type: "string",
      minLength: 20,
      maxLength: 2048,
      pattern: "^arn:[\\w-]+:iam::\\d{12}:role/[\\w+=,.@/-]+$",
      description: "The role to take",
      examples: ["arn:aws:iam::123456789012:role/app"],
    },
    sessionName: {
      type: "string",
      pattern: "^[\\w+=,.@-]{2,64}$",
      description:
        "Shown in CloudTrail. Default: the lease's id, so that each session can be told from the next. Of GetFederationToken: the user's name, up to 32 characters",
    },
    externalId: {
      type: "string",
      pattern: "^[\\w+=,.@:/-]{2,1224}$",
      description: "What the role's trust policy wants of a third party",
    },
    sourceIdentity: {
      type: "string",
      pattern: "^[\\w+=,.@-]{2,64}$",
      description: "Who is behind the session; it stays through every role that the session takes",
    },
    policy: {
      type: "string",
      minLength: 1,
      maxLength: 2048,
      description: "A session policy, JSON: the session may do what it and the role both allow",
      examples: [{ file: "session-policy.json" }],
    },
    policyArns: {
      type: "array",
      items: {
        type: "string",
        minLength: 20,
        maxLength: 2048,
        pattern: "^arn:[\\w-]+:iam::(aws|\\d{12}):policy/\\S+$",
      },
      maxItems: 10,
      uniqueItems: true,
      description: "Managed policies, as session policies",
    },
    tags: {
      type: "object",
      additionalProperties: { type: "string", maxLength: 256 },
      description: "Session tags, up to 50",
      examples: [{ team: "payments" }],
    },
    transitiveTags: {
      type: "array",
      items: { type: "string" },
      maxItems: 50,
      uniqueItems: true,
      description: "Keys of tags that stay through every role that the session takes",
    },
    mfa: {
      type: "object",
      description: "The second factor",
      properties: {
        serialNumber: {
          type: "string",
          pattern: "^[\\w+=/:,.@-]{9,256}$",
          description: "The device: its number, or the ARN of a virtual one",
        },
        tokenCode: {
          type: "string",
          secret: true,
          description: "Its code, best as `{ exec: [ykman, oath, accounts, code, --single, aws] }`: a code works once",
        },
      },
      required: ["serialNumber", "tokenCode"],
    },
  },
} as const satisfies ObjectSchema;

/** Request of `aws-sts`, validated. */
export type Request = Infer<typeof request>;

/** How the credentials are got: one STS call each. */
export type Action = Request["action"];
