using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>Whether a parked caller could take what it waits for.</summary>
public enum Presence
{
    /// <summary>Its session is connected.</summary>
    Attached,

    /// <summary>Its session is lost, but it may still come back: it keeps its place and its turn.</summary>
    Suspended,

    /// <summary>It has been away for longer than the grace time: it keeps its place, and is passed over.</summary>
    PassedOver,
}

/// <summary>
/// A parked call. Journalled but for <see cref="Presence"/> and <see cref="GraceUntilMs"/>, which describe connections,
/// not the object.
/// </summary>
public abstract class Waiter(int pid, ulong seq, ulong ticket, long deadlineMs, Credentials credentials)
{
    /// <summary>The process that waits.</summary>
    public int Pid { get; } = pid;

    /// <summary>Its call.</summary>
    public ulong Seq { get; } = seq;

    /// <summary>The place in line: lower is earlier.</summary>
    public ulong Ticket { get; } = ticket;

    /// <summary>When the call times out, in ms since the epoch; 0: never.</summary>
    public long DeadlineMs { get; } = deadlineMs;

    /// <summary>Who waits: permissions are checked again when they change.</summary>
    public Credentials Credentials { get; } = credentials;

    /// <summary>What the call comes to when its time is up.</summary>
    public virtual Errno ErrnoOfDeadline => Errno.ETIMEDOUT;

    /// <summary>The call that waits, as its caller made it, but for its time-out.</summary>
    public virtual Call ToCall() => new() { Seq = Seq };

    /// <summary>Whether the caller is there.</summary>
    public Presence Presence { get; internal set; }

    /// <summary>When a suspended waiter is passed over, in ms since the epoch.</summary>
    public long GraceUntilMs { get; internal set; }

    // The links of the one TicketTree that the waiter may stand in.
    internal long TreeKey;
    internal ulong TreePriority;
    internal Waiter? TreeFirst;
    internal Waiter? TreeLeft;
    internal Waiter? TreeRight;
    internal bool InTree;
}
