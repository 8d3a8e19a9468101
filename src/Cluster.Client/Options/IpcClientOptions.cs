using Cluster.Protocol;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Cluster.Client;

/// <summary>
/// How a client connects, and as whom. A client copies and validates its options once, when it is made: later changes
/// have no effect on it. Members have setters so that a service can configure them
/// (<c>services.AddIpcClient(options => ...)</c>, or a section of its configuration).
/// </summary>
public sealed record IpcClientOptions
{
    private const string DefaultAddress = "http://127.0.0.1:5210";

    /// <summary>
    /// Gateways to try, in turn: http:// addresses, https:// ones (with <see cref="Tls"/>), and unix:PATH for the Unix
    /// socket of a node on this machine. One is enough: the cluster names the nodes that
    /// serve, at the first connection and whenever that changes. After a loss the client tries the given and the named
    /// ones in turn. Empty: http://127.0.0.1:5210. (The default is not in the list, because a configuration adds to a list.)
    /// </summary>
    public IReadOnlyList<string> Addresses { get; set; } = [];

    /// <summary>TLS at https:// addresses.</summary>
    public IpcTlsOptions Tls { get; set; } = new();

    /// <summary>
    /// A token that says who this client is, where no certificate does; empty: none. It is sent to https:// and unix:
    /// addresses only.
    /// </summary>
    public string Token { get; set; } = "";

    /// <summary>
    /// The user to be; null: the one that the certificate, the token or the Unix socket stands for, or 65534 where the node
    /// trusts its callers.
    /// </summary>
    public uint? Uid { get; set; }

    /// <summary>The group to be; null: the same number as <see cref="Uid"/>, or the node's default.</summary>
    public uint? Gid { get; set; }

    /// <summary>Supplementary groups.</summary>
    public IReadOnlyList<uint> Groups { get; set; } = [];

    /// <summary>
    /// The effective set of capabilities(7) of user 0, bit n for the capability with the number n in linux/capability.h;
    /// null: all. Without CAP_IPC_OWNER and CAP_DAC_OVERRIDE the permissions of objects count for user 0 too, and without
    /// CAP_SYS_RESOURCE the limits. Other users have none, whatever is here.
    /// </summary>
    public ulong? Capabilities { get; set; }

    /// <summary>The namespace to live in, as an absolute path.</summary>
    public string Namespace { get; set; } = "/";

    /// <summary>
    /// The process that this one is a child of; null: none. It has the same user, unless it is one of uid 0, and the same
    /// namespace.
    /// </summary>
    public IpcParent? Parent { get; set; }

    /// <summary>umask(2): permission bits that a new object with a name does not get.</summary>
    public UnixFileMode Umask { get; set; } = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    /// <summary>
    /// RLIMIT_MSGQUEUE of getrlimit(2), in bytes: what the POSIX message queues of the user may have for this process to
    /// make another one. Null: 819,200, which is also the most for any user but 0.
    /// </summary>
    public long? MsgqueueLimit { get; set; }

    /// <summary>
    /// Whether a write that fails with EPIPE sends SIGPIPE to this process, as write(2) does. Without a handler SIGPIPE ends the
    /// process. False, as programs that ignore SIGPIPE have it.
    /// </summary>
    public bool RaisesSigpipe { get; set; }

    /// <summary>How long the process may be out of touch before the cluster ends it. At least one second.</summary>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Calls of msgsnd(2) that may be in flight; further ones wait, without blocking a thread. Other calls do not
    /// count, because a blocked sender may wait for one of them; <see cref="Bounds.CallsPerProcess"/> bounds all calls
    /// together.
    /// </summary>
    public int MaxCallsInFlight { get; set; } = 1024;

    /// <summary>How long the first connection, and the opening of any later stream, may take.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long a node that was reached may take to let a new process in, if that is longer than
    /// <see cref="ConnectTimeout"/>. The node has to wait while the journal is away, or while the cluster finds out
    /// that a node has died.
    /// </summary>
    public TimeSpan AdmissionTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The delay before the second attempt to reconnect. The first is made at once; the delay doubles.
    /// </summary>
    public TimeSpan ReconnectDelay { get; set; } = TimeSpan.FromMilliseconds(25);

    /// <summary>The longest delay between attempts to reconnect. All delays are jittered by half.</summary>
    public TimeSpan MaxReconnectDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long DisposeAsync waits for the cluster to end the process.</summary>
    public TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// What happens after the process is lost (<see cref="IpcConnectionState.Lost"/>). False: every further call fails
    /// with <see cref="IpcSessionLostException"/>. True: calls under way fail so, and a new process, with a new
    /// <see cref="IIpcClient.Pid"/>, makes the calls that follow.
    /// </summary>
    public bool NewProcessWhenLost { get; set; }

    /// <summary>
    /// The clock and the timers. The client measures its lease by the timestamps of this clock, so they should count
    /// while the machine sleeps, as those of <see cref="BootTimeProvider"/> do.
    /// </summary>
    public TimeProvider TimeProvider { get; set; } = BootTimeProvider.Instance;

    /// <summary>
    /// Where the client logs that it connected, lost its connection or process, came back, and sent calls again:
    /// category "Cluster.Client.IpcClient".
    /// </summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    /// <summary>Whether an address is a Unix socket.</summary>
    internal bool HasUnixSocket => Addresses.Any(address => address.StartsWith("unix:", StringComparison.OrdinalIgnoreCase));

    /// <summary>The addresses: the rest may be secret.</summary>
    public override string ToString() => $"{nameof(IpcClientOptions)} of {string.Join(", ", Addresses ?? [])}";

    /// <summary>A copy that later changes do not reach, with the default address if none is given.</summary>
    /// <exception cref="ArgumentException">An option is not valid.</exception>
    internal IpcClientOptions Snapshot()
    {
        Validate();
        return this with
        {
            Addresses = Addresses.Count > 0 ? [.. Addresses] : [DefaultAddress], Groups = [.. Groups], Tls = Tls with { },
        };
    }

    internal void Validate()
    {
        Check(Addresses is not null, nameof(Addresses), "null is no list");
        foreach (var address in Addresses!)
        {
            Check(GatewayAddress.IsValid(address), nameof(Addresses), $"'{address}' is not {GatewayAddress.Expected}");
        }

        Check(Tls is not null, nameof(Tls), "null is no set of files");
        Check(Tls!.KeyFile is null || Tls.CertificateFile is not null, nameof(Tls), "a key needs a certificate");
        Check(Token is not null && !Token.Any(char.IsControl), nameof(Token), "neither null nor with control characters");
        Check(Uid is not null || Gid is null, nameof(Gid), "a group needs a user: set Uid as well");
        Check(Uid is not null || Groups is { Count: 0 }, nameof(Groups), "groups need a user: set Uid as well");
        Check(Uid is not null || Capabilities is null, nameof(Capabilities), "capabilities need a user: set Uid as well");
        Check(Uid != uint.MaxValue, nameof(Uid), "at most 4294967294: the one above is -1, which means nobody");
        Check(Gid != uint.MaxValue, nameof(Gid), "at most 4294967294: the one above is -1, which means nobody");
        Check(Groups.Count <= Bounds.Groups, nameof(Groups), $"at most {Bounds.Groups} groups");
        Check(MsgqueueLimit is null or >= 0, nameof(MsgqueueLimit), "not negative");
        Check(Namespace is ['/', ..], nameof(Namespace), $"'{Namespace}' is not an absolute path");
        Check(Lease >= TimeSpan.FromSeconds(1), nameof(Lease), "at least one second");
        Check(
            MaxCallsInFlight is >= 1 and <= Bounds.CallsPerProcess,
            nameof(MaxCallsInFlight),
            $"from 1 to {Bounds.CallsPerProcess}");
        Check(ConnectTimeout > TimeSpan.Zero, nameof(ConnectTimeout), "more than zero");
        Check(AdmissionTimeout > TimeSpan.Zero, nameof(AdmissionTimeout), "more than zero");
        Check(ReconnectDelay > TimeSpan.Zero, nameof(ReconnectDelay), "more than zero");
        Check(MaxReconnectDelay >= ReconnectDelay, nameof(MaxReconnectDelay), "not below ReconnectDelay");
        Check(CloseTimeout >= TimeSpan.Zero, nameof(CloseTimeout), "not negative");
    }

    private static void Check(bool valid, string option, string rule)
    {
        if (!valid)
        {
            throw new ArgumentException($"{nameof(IpcClientOptions)}.{option}: {rule}", option);
        }
    }
}
