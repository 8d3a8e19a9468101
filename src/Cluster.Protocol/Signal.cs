namespace Cluster.Protocol;

/// <summary>
/// A signal, with its number on x86-64: signal(7). Every number from 32 to 64 is a real-time signal:
/// <c>Signal.SIGRTMIN + n</c>.
/// </summary>
public enum Signal
{
    /// <summary>No signal. kill(2) with it only checks whether the process exists and may be signalled.</summary>
    None = 0,

    /// <summary>Hangup.</summary>
    SIGHUP = 1,

    /// <summary>Interrupt from the keyboard.</summary>
    SIGINT = 2,

    /// <summary>Quit from the keyboard.</summary>
    SIGQUIT = 3,

    /// <summary>Illegal instruction.</summary>
    SIGILL = 4,

    /// <summary>Trace trap.</summary>
    SIGTRAP = 5,

    /// <summary>Abort, as abort(3) sends.</summary>
    SIGABRT = 6,

    /// <summary>Bus error.</summary>
    SIGBUS = 7,

    /// <summary>Floating-point exception.</summary>
    SIGFPE = 8,

    /// <summary>Kill: no process can block, ignore or handle it.</summary>
    SIGKILL = 9,

    /// <summary>For the use of programs.</summary>
    SIGUSR1 = 10,

    /// <summary>Invalid memory reference.</summary>
    SIGSEGV = 11,

    /// <summary>For the use of programs.</summary>
    SIGUSR2 = 12,

    /// <summary>Write to a pipe without a reader.</summary>
    SIGPIPE = 13,

    /// <summary>Timer of alarm(2).</summary>
    SIGALRM = 14,

    /// <summary>Termination: what kill(1) sends.</summary>
    SIGTERM = 15,

    /// <summary>Unused by Linux.</summary>
    SIGSTKFLT = 16,

    /// <summary>A child has stopped or ended. Ignored by default.</summary>
    SIGCHLD = 17,

    /// <summary>Continue if stopped.</summary>
    SIGCONT = 18,

    /// <summary>Stop: no process can block, ignore or handle it.</summary>
    SIGSTOP = 19,

    /// <summary>Stop from the keyboard.</summary>
    SIGTSTP = 20,

    /// <summary>Read of a terminal in the background. Stops by default.</summary>
    SIGTTIN = 21,

    /// <summary>Write to a terminal in the background. Stops by default.</summary>
    SIGTTOU = 22,

    /// <summary>Urgent data of a socket. Ignored by default.</summary>
    SIGURG = 23,

    /// <summary>Processor time is used up.</summary>
    SIGXCPU = 24,

    /// <summary>A file is too large.</summary>
    SIGXFSZ = 25,

    /// <summary>Timer of virtual time.</summary>
    SIGVTALRM = 26,

    /// <summary>Timer of profiling.</summary>
    SIGPROF = 27,

    /// <summary>A window has a new size. Ignored by default.</summary>
    SIGWINCH = 28,

    /// <summary>A descriptor is ready.</summary>
    SIGIO = 29,

    /// <summary>Power failure.</summary>
    SIGPWR = 30,

    /// <summary>Bad system call.</summary>
    SIGSYS = 31,

    /// <summary>The first real-time signal of the C library, which keeps 32 and 33 to itself.</summary>
    SIGRTMIN = 34,

    /// <summary>The last real-time signal.</summary>
    SIGRTMAX = 64,
}
