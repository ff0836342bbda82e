// WASI error numbers, and the exception that carries one to the edge of a host call.

/** The error numbers of WASI preview 1 that this implementation gives. */
export const ERRNO = {
  success: 0,
  access: 2,
  badFileDescriptor: 8,
  exists: 20,
  fault: 21,
  invalid: 28,
  isDirectory: 31,
  tooManyFiles: 33,
  nameTooLong: 37,
  notFound: 44,
  noSpace: 51,
  notImplemented: 52,
  notDirectory: 54,
  notEmpty: 55,
  notSupported: 58,
  overflow: 61,
  notPermitted: 63,
  readOnly: 69,
  illegalSeek: 70,
  crossDevice: 75,
  notCapable: 76,
} as const;

/** A refused host call; the program sees the number. */
export class WasiError extends Error {
  override readonly name = "WasiError";
  readonly errno: number;

  constructor(name: keyof typeof ERRNO) {
    super(name);
    this.errno = ERRNO[name];
  }
}
