namespace Cluster.Protocol.Texts;

internal sealed class SignalTexts() : CallTexts(
    (Errno.EINVAL, "kill", "a signal is from 0 to 64, and a pid is above 0"),
    (Errno.EPERM, "kill", "the process is another user's"),
    (Errno.EINVAL, "sigqueue", "a signal is from 0 to 64, and a pid is above 0"),
    (Errno.EPERM, "sigqueue", "the process is another user's"),
    (Errno.EAGAIN, "sigqueue", "as many signals are queued for the process as its RLIMIT_SIGPENDING allows"),
    (Errno.EINVAL, "waitid", "a pid is above 0, and no process waits for itself"),
    (Errno.EINVAL, "sigaction", "a signal is from 1 to 64, and neither SIGKILL nor SIGSTOP has another action"),
    (Errno.EINVAL, "setrlimit", "RLIMIT_SIGPENDING is from 0 to 65536"));
