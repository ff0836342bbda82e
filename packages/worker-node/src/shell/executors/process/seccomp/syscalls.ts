// System calls that a sandboxed program may make, by the kernel's numbers on x86-64. What isn't here is refused: mounts, namespaces, tracing,
// keys, io_uring, bpf, perf, modules, clocks, device nodes, FIFOs.

/** Names with their numbers, by what they are for. */
const allowed = {
  // Files of the sandbox.
  files: `
    read:0 write:1 open:2 close:3 stat:4 fstat:5 lstat:6 lseek:8 pread64:17 pwrite64:18 readv:19 writev:20 access:21
    dup:32 dup2:33 dup3:292 sendfile:40 fcntl:72 flock:73 fsync:74 fdatasync:75 truncate:76 ftruncate:77 getdents:78
    getdents64:217 getcwd:79 chdir:80 fchdir:81 rename:82 mkdir:83 rmdir:84 creat:85 link:86 unlink:87 symlink:88
    readlink:89 chmod:90 fchmod:91 chown:92 fchown:93 lchown:94 umask:95 utime:132 statfs:137 fstatfs:138
    readahead:187 setxattr:188 lsetxattr:189 fsetxattr:190 getxattr:191 lgetxattr:192 fgetxattr:193 listxattr:194
    llistxattr:195 flistxattr:196 removexattr:197 lremovexattr:198 fremovexattr:199 fadvise64:221 utimes:235
    openat:257 mkdirat:258 fchownat:260 futimesat:261 newfstatat:262 unlinkat:263 renameat:264 renameat2:316
    linkat:265 symlinkat:266 readlinkat:267 fchmodat:268 faccessat:269 faccessat2:439 splice:275 tee:276
    sync_file_range:277 vmsplice:278 utimensat:280 fallocate:285 preadv:295 pwritev:296 preadv2:327 pwritev2:328
    copy_file_range:326 statx:332 openat2:437 close_range:436 inotify_init:253 inotify_init1:294
    inotify_add_watch:254 inotify_rm_watch:255 memfd_create:319`,
  // Memory, shared within the sandbox only.
  memory: `
    mmap:9 mprotect:10 munmap:11 brk:12 mremap:25 msync:26 mincore:27 madvise:28 mlock:149 mlock2:325 munlock:150
    mlockall:151 munlockall:152 remap_file_pages:216 pkey_mprotect:329 pkey_alloc:330 pkey_free:331 shmget:29
    shmat:30 shmctl:31 shmdt:67 membarrier:324`,
  // Processes, threads and what they are allowed; capabilities can only be given up.
  processes: `
    fork:57 vfork:58 execve:59 execveat:322 exit:60 exit_group:231 wait4:61 waitid:247 kill:62 tkill:200 tgkill:234
    getpid:39 getppid:110 gettid:186 getpgid:121 setpgid:109 getpgrp:111 setsid:112 getsid:124 getuid:102 getgid:104
    geteuid:107 getegid:108 setuid:105 setgid:106 setreuid:113 setregid:114 setresuid:117 setresgid:119
    getresuid:118 getresgid:120 setfsuid:122 setfsgid:123 getgroups:115 setgroups:116 capget:125 capset:126
    prctl:157 arch_prctl:158 getrlimit:97 setrlimit:160 prlimit64:302 getrusage:98 getpriority:140 setpriority:141
    sched_yield:24 sched_setparam:142 sched_getparam:143 sched_setscheduler:144 sched_getscheduler:145
    sched_get_priority_max:146 sched_get_priority_min:147 sched_rr_get_interval:148 sched_setaffinity:203
    sched_getaffinity:204 sched_setattr:314 sched_getattr:315 getcpu:309 ioprio_get:252 set_tid_address:218
    set_robust_list:273 get_robust_list:274 rseq:334 futex:202 futex_waitv:449 pidfd_open:434 restart_syscall:219`,
  // Signals and alarms.
  signals: `
    rt_sigaction:13 rt_sigprocmask:14 rt_sigreturn:15 rt_sigpending:127 rt_sigtimedwait:128 rt_sigqueueinfo:129
    rt_tgsigqueueinfo:297 rt_sigsuspend:130 sigaltstack:131 pause:34 alarm:37 getitimer:36 setitimer:38 signalfd:282
    signalfd4:289`,
  // Waiting, pipes and messages between processes of the sandbox.
  waiting: `
    poll:7 ppoll:271 select:23 pselect6:270 epoll_create:213 epoll_create1:291 epoll_ctl:233 epoll_wait:232
    epoll_pwait:281 epoll_pwait2:441 eventfd:284 eventfd2:290 pipe:22 pipe2:293 nanosleep:35 clock_nanosleep:230
    timer_create:222 timer_settime:223 timer_gettime:224 timer_getoverrun:225 timer_delete:226 timerfd_create:283
    timerfd_settime:286 timerfd_gettime:287 semget:64 semop:65 semctl:66 semtimedop:220 msgget:68 msgsnd:69
    msgrcv:70 msgctl:71`,
  // Time, randomness and what the kernel is.
  facts: `
    uname:63 sysinfo:99 times:100 time:201 gettimeofday:96 clock_gettime:228 clock_getres:229 getrandom:318`,
  // What sockets do; which sockets there can be, the filter says when they are made.
  traffic: `
    connect:42 accept:43 accept4:288 sendto:44 recvfrom:45 sendmsg:46 recvmsg:47 sendmmsg:307 recvmmsg:299
    shutdown:48 bind:49 listen:50 getsockname:51 getpeername:52 setsockopt:54 getsockopt:55`,
};

/** Numbers of the calls that are allowed whatever their arguments are, in order. */
export function allowedCalls(): readonly number[] {
  return pairs.map((pair) => Number(pair.split(":")[1])).sort((a, b) => a - b);
}

/** Their names. */
export function allowedNames(): readonly string[] {
  return pairs.map((pair) => pair.split(":")[0] ?? "");
}

const pairs = Object.values(allowed).flatMap((group) => group.trim().split(/\s+/));

/** Calls that are allowed with some arguments only, or answered in a way of their own. */
export const judgedCalls = { ioctl: 16, socket: 41, socketpair: 53, clone: 56, clone3: 435, chroot: 161 } as const;

/** The highest number that this table was made from; newer calls are answered as if the kernel did not have them. */
export const newestCall = 450;
