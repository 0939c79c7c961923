/** Everything netwright expects can go wrong outside the file; anything else that is thrown is a bug and keeps its stack. */
export type ErrorCode =
  | 'FILE_INVALID'
  | 'ENGINE_UNREACHABLE'
  | 'ENGINE_UNSUPPORTED'
  | 'ENGINE_REFUSED'
  | 'COMMAND_MISSING'
  | 'COMMAND_FAILED'
  | 'COMMAND_TIMEOUT'
  | 'POLICY_REFUSED'
  | 'NAMESPACE_GONE'
  | 'LISTEN_FAILED'
  | 'NOT_PRIVILEGED'
  | 'LOCKED'
  | 'NOT_AWAKE'
  | 'NOT_ASLEEP'
  | 'NOT_CONVERGED'
  | 'USAGE';

/** A failure netwright expects: a code from a closed set, a sentence that says what happened, and a hint what to do. */
export class NetwrightError extends Error {
  override readonly name = 'NetwrightError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
  }
}

/** Whether this is an expected failure, of this code when one is given. */
export function isNetwrightError(error: unknown, code?: ErrorCode): error is NetwrightError {
  return error instanceof NetwrightError && (code === undefined || error.code === code);
}
