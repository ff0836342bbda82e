// The functions that a program may import, with their types: WASI preview 1, and nothing else.

/** The one import namespace that exists. */
export const WASI_NAMESPACE = "wasi_snapshot_preview1";

/** Parameters as letters, i for i32 and I for i64; every function but two returns an i32 error number. */
const PARAMETERS: Readonly<Record<string, string>> = {
  args_get: "ii",
  args_sizes_get: "ii",
  clock_res_get: "ii",
  clock_time_get: "iIi",
  environ_get: "ii",
  environ_sizes_get: "ii",
  fd_advise: "iIIi",
  fd_allocate: "iII",
  fd_close: "i",
  fd_datasync: "i",
  fd_fdstat_get: "ii",
  fd_fdstat_set_flags: "ii",
  fd_fdstat_set_rights: "iII",
  fd_filestat_get: "ii",
  fd_filestat_set_size: "iI",
  fd_filestat_set_times: "iIIi",
  fd_pread: "iiiIi",
  fd_prestat_dir_name: "iii",
  fd_prestat_get: "ii",
  fd_pwrite: "iiiIi",
  fd_read: "iiii",
  fd_readdir: "iiiIi",
  fd_renumber: "ii",
  fd_seek: "iIii",
  fd_sync: "i",
  fd_tell: "ii",
  fd_write: "iiii",
  path_create_directory: "iii",
  path_filestat_get: "iiiii",
  path_filestat_set_times: "iiiiIIi",
  path_link: "iiiiiii",
  path_open: "iiiiiIIii",
  path_readlink: "iiiiii",
  path_remove_directory: "iii",
  path_rename: "iiiiii",
  path_symlink: "iiiii",
  path_unlink_file: "iii",
  poll_oneoff: "iiii",
  proc_exit: "i",
  proc_raise: "i",
  random_get: "ii",
  sched_yield: "",
  sock_accept: "iii",
  sock_recv: "iiiiii",
  sock_send: "iiiii",
  sock_shutdown: "ii",
};

const LETTERS: ReadonlyMap<number, string> = new Map([
  [0x7f, "i"],
  [0x7e, "I"],
  [0x7d, "f"],
  [0x7c, "F"],
]);

/** Every WASI function that programs may import, by name. */
export const WASI_FUNCTIONS: readonly string[] = Object.keys(PARAMETERS);

/** Says what is wrong with importing this function with these types, or nothing. */
export function importProblem(
  namespace: string,
  name: string,
  type: { readonly parameters: readonly number[]; readonly results: readonly number[] },
): string | undefined {
  const expected = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
  if (namespace !== WASI_NAMESPACE || expected === undefined) {
    return `it imports ${namespace}.${name}, which doesn't exist here: only functions of ${WASI_NAMESPACE} do`;
  }
  const letters = (types: readonly number[]): string => types.map((t) => LETTERS.get(t) ?? "?").join("");
  const results = name === "proc_exit" ? "" : "i";
  if (letters(type.parameters) === expected && letters(type.results) === results) return undefined;
  return `it imports ${name} as (${letters(type.parameters)})->(${letters(type.results)}), which is (${expected})->(${results})`;
}
