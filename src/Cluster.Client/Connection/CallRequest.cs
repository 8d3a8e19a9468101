using Cluster.Protocol;

namespace Cluster.Client.Connection;

/// <summary>A call to make.</summary>
/// <param name="Target">The object or directory that it is for.</param>
/// <param name="Body">What it asks.</param>
/// <param name="Name">The call's name, for exceptions.</param>
/// <param name="Timeout">How long it may block; null: for ever.</param>
/// <param name="CancellationToken">The caller's.</param>
internal readonly record struct CallRequest(
    Target Target, Call Body, string Name, TimeSpan? Timeout, CancellationToken CancellationToken)
{
    /// <summary>A value of <see cref="Soft"/>: every errno is an answer.</summary>
    public const Errno AnyErrno = (Errno)(-1);

    /// <summary>A value of <see cref="Soft"/>: EAGAIN and ETIMEDOUT are answers.</summary>
    public const Errno FullOrEmpty = (Errno)(-2);

    /// <summary>The errno that is an answer rather than an exception.</summary>
    public Errno Soft { get; init; }

    /// <summary>Not None: the call fails with this errno, and is not sent.</summary>
    public Errno Refusal { get; init; }

    /// <summary>The result is acknowledged after <see cref="IpcConnection.Confirm"/> only.</summary>
    public bool DefersAck { get; init; }

    /// <summary>The call counts against <see cref="IpcClientOptions.MaxCallsInFlight"/>.</summary>
    public bool CountsAgainstWindow { get; init; }

    /// <summary>What the call uses or gives back. It belongs to one process: once that is lost, ESRCH.</summary>
    public Grant Of { get; init; }

    /// <summary>The time-out in milliseconds; -1: none.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The time-out is negative.</exception>
    public long TimeoutMs
    {
        get
        {
            if (Timeout is not { } span || span == System.Threading.Timeout.InfiniteTimeSpan)
                return -1;
            ArgumentOutOfRangeException.ThrowIfLessThan(span, TimeSpan.Zero, nameof(Timeout));
            return (long)Math.Ceiling(span.TotalMilliseconds);
        }
    }
}
