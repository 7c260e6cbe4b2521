/** An error answer of AWS: its code, its words, its status. */
export class AwsRefusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Ends a request with an error, worded as AWS words it. */
export function refuse(status: number, code: string, message: string): never {
  throw new AwsRefusal(status, code, message);
}

/** A member of the wrong shape, as the Query protocol reports it. */
export function invalidMember(value: string, member: string, constraint: string): never {
  const shown = value === "" ? "null" : `'${value}'`;
  const message = `1 validation error detected: Value ${shown} at '${member}' failed to satisfy constraint: ${constraint}`;
  return refuse(400, "ValidationError", message);
}
