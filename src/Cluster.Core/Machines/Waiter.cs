using Cluster.Protocol;

namespace Cluster.Core.Machines;

/// <summary>Whether the caller of a parked call can take what the call waits for.</summary>
public enum Presence
{
    /// <summary>The session of the caller is connected.</summary>
    Connected,

    /// <summary>The session is lost and may come back. The waiter keeps its place and its turn.</summary>
    Suspended,

    /// <summary>The grace time has ended. The waiter keeps its place, and its turn goes to others.</summary>
    PassedOver,
}

/// <summary>
/// A parked call. The journal has all of it except <see cref="Presence"/> and <see cref="GraceUntilMs"/>, which
/// describe the connection and not the object.
/// </summary>
public abstract class Waiter(int pid, ulong seq, ulong ticket, long deadlineMs, Credentials credentials)
{
    /// <summary>The process that waits.</summary>
    public int Pid { get; } = pid;

    /// <summary>The number of the call in its process.</summary>
    public ulong Seq { get; } = seq;

    /// <summary>The place in line. A lower ticket is served earlier.</summary>
    public ulong Ticket { get; } = ticket;

    /// <summary>When the call times out, in ms of the cluster's clock; 0: never.</summary>
    public long DeadlineMs { get; } = deadlineMs;

    /// <summary>
    /// The credentials of the caller. Some kinds check permissions again when the permissions change.
    /// </summary>
    public Credentials Credentials { get; } = credentials;

    /// <summary>
    /// Whether the journal has the waiter. A waiter that changes nothing (a poll) is not journalled: it is lost with
    /// this life of the entity, and its caller sends the call again.
    /// </summary>
    public virtual bool IsRecorded => true;

    /// <summary>The error of the call when its deadline passes.</summary>
    public virtual Errno ErrnoOfDeadline => Errno.ETIMEDOUT;

    /// <summary>The call as its caller made it, without its time-out.</summary>
    public virtual Call ToCall() => new() { Seq = Seq };

    /// <summary>Whether the caller is connected.</summary>
    public Presence Presence { get; internal set; }

    /// <summary>When a suspended waiter is passed over, in ms of the cluster's clock.</summary>
    public long GraceUntilMs { get; internal set; }

    // The links of the one TicketTree that may contain the waiter.
    internal long TreeKey;
    internal ulong TreePriority;
    internal Waiter? TreeFirst;
    internal Waiter? TreeLeft;
    internal Waiter? TreeRight;
    internal bool InTree;
}
