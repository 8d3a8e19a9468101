using System.Runtime.CompilerServices;
using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client.Descriptors;

/// <summary>The objects with names of one kind: open, unlink and list, for which all kinds have the same calls.</summary>
/// <param name="connection">The process.</param>
/// <param name="table">Its descriptors.</param>
/// <param name="kind">The kind.</param>
/// <param name="prefix">What the calls of the kind begin with: mq, sem, shm; empty: they are open and unlink.</param>
/// <param name="umask">The file mode creation mask of the process.</param>
/// <param name="time">The clock.</param>
internal abstract class NamedObjectSet<THandle>(
    IpcConnection connection, DescriptorTable table, Kind kind, string prefix, UnixFileMode umask, TimeProvider time)
    : INamedObjects<THandle>
{
    /// <summary>
    /// The object of a name may be unlinked before it is reached. After so many times the caller is told.
    /// </summary>
    private const int OpenAttempts = 10;

    private const int LongestDelayMs = 100;

    private readonly Target _directory = new() { Kind = Kind.Directory, Id = (int)kind };

    public async Task UnlinkAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        var call = new Call { Remove = new Remove { Name = name } };
        await connection.CallAsync(_directory, call, CallOf("unlink"), cancellationToken).ConfigureAwait(false);
    }

    public async IAsyncEnumerable<NamedObjectEntry> ListAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var entry in ListAllAsync(cancellationToken).ConfigureAwait(false))
        {
            if (entry.Name.Length > 0) // an unlinked object is still there, without a name
                yield return entry;
        }
    }

    public async IAsyncEnumerable<NamedObjectEntry> ListAllAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (long after = -1; ;)
        {
            var call = new Call { List = new List { AfterId = after, Limit = Bounds.ListingPage } };
            var result = await connection.CallAsync(_directory, call, "list", cancellationToken).ConfigureAwait(false);
            var page = result.Listing ?? new Listing();
            for (var i = 0; i < page.Ids.Count; i++)
                yield return new NamedObjectEntry(page.Names[i], page.Ids[i]);

            if (!page.More || page.Ids.Count == 0)
                yield break;
            after = page.Ids[^1];
        }
    }

    public async Task<NamedObjectStat> StatAsync(
        NamedObjectEntry entry, CancellationToken cancellationToken = default)
    {
        var stat = new Call { Description = new DescriptionCall { Stat = new DescriptionStat() } };
        var target = new Target { Kind = kind, Id = entry.Id };
        var result = await connection.CallAsync(target, stat, "stat", cancellationToken).ConfigureAwait(false);
        return NamedObjectStat.From(result.FileStat);
    }

    public async Task<IReadOnlyList<OpenDescriptionInfo>> GetHoldersAsync(
        NamedObjectEntry entry, CancellationToken cancellationToken = default)
    {
        var holders = new Call { Description = new DescriptionCall { Holders = new DescriptionHolders() } };
        var target = new Target { Kind = kind, Id = entry.Id };
        var result = await connection.CallAsync(target, holders, "holders", cancellationToken).ConfigureAwait(false);
        return [.. result.HeldDescriptions.Descriptions.Select(
            held => new OpenDescriptionInfo(held.Number, (OpenFlags)held.Flags, [.. held.Holders]))];
    }

    public THandle OpenShared(SharedDescription shared)
    {
        if (shared.Target.Kind != kind)
            throw new ArgumentException($"'{shared}' is of another kind", nameof(shared));
        return Handle(shared.Target, shared.Number, shared.Name, pid: 0, table.Take(CallOf("open")));
    }

    /// <summary>mkfifo(3): makes an object, and does not open it. EEXIST.</summary>
    protected async Task MakeAsync(
        string name, UnixFileMode mode, Durability durability, string call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        var get = new Get
        {
            Name = name,
            Flags = GetFlagsOf(OpenFlags.Create | OpenFlags.Exclusive),
            Mode = (uint)(mode & ~umask),
            Volatile = durability == Durability.Volatile,
        };
        await connection.CallAsync(_directory, new Call { Get = get }, call, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>mq_open(3) and its like.</summary>
    /// <param name="name">The name.</param>
    /// <param name="flags">Access mode, O_CREAT, O_EXCL, O_NONBLOCK.</param>
    /// <param name="mode">Permissions of a new object; the umask is taken from them.</param>
    /// <param name="durability">Of a new object.</param>
    /// <param name="fill">Adds what the kind has.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    protected async Task<THandle> OpenAsync(
        string name,
        OpenFlags flags,
        UnixFileMode mode,
        Durability durability,
        Action<Get> fill,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        var call = CallOf("open");
        var descriptor = table.Take(call);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                var get = new Get
                {
                    Name = name,
                    Flags = GetFlagsOf(flags),
                    Mode = (uint)(mode & ~umask),
                    Volatile = durability == Durability.Volatile,
                };
                fill(get);
                if (await TryOpenAsync(get, flags, descriptor, call, attempt, cancellationToken)
                    .ConfigureAwait(false) is { } opened)
                    return opened;
                await DelayAsync(attempt, cancellationToken).ConfigureAwait(false);
            }
        }
        catch
        {
            table.Return(descriptor);
            throw;
        }
    }

    /// <summary>pipe(2): makes an object without a name, and opens both ends.</summary>
    /// <param name="flags">The status flags of both ends.</param>
    /// <param name="durability">Of the new object.</param>
    /// <param name="call">The call, for exceptions.</param>
    /// <param name="fill">Adds what the kind has.</param>
    /// <param name="cancellationToken">Interrupts the call.</param>
    protected async Task<(THandle First, THandle Second)> OpenPairAsync(
        OpenFlags flags, Durability durability, string call, Action<Get> fill, CancellationToken cancellationToken)
    {
        var descriptors = (table.Take(call), Second: -1);
        try
        {
            descriptors.Second = table.Take(call);
            var get = new Get
            {
                Unnamed = true,
                Flags = IpcFlags.IPC_CREAT,
                Mode = (uint)(UnixFileMode.UserRead | UnixFileMode.UserWrite), // pipefs and sockfs: 0600
                Volatile = durability == Durability.Volatile,
            };
            fill(get);
            var made = await FindAsync(get, call, cancellationToken).ConfigureAwait(false);
            var open = new DescriptionOpen { Flags = (int)flags, CreatedBy = made.Result!.Seq, Pair = true };
            var target = new Target { Kind = kind, Id = made.Result.Got.Id };
            var opened = await OpenAsync(target, open, call, made.Pid, CancellationToken.None).ConfigureAwait(false);
            var (ends, name) = (opened.Result!.DescriptionOpened, $"{UnnamedWord}:[{target.Id}]");
            return (
                Handle(target, ends.Number, name, opened.Pid, descriptors.Item1),
                Handle(target, ends.PeerNumber, name, opened.Pid, descriptors.Second));
        }
        catch
        {
            table.Return(descriptors.Item1);
            if (descriptors.Second >= 0) table.Return(descriptors.Second);
            throw;
        }
    }

    /// <summary>What the link of an object without a name in /proc/PID/fd begins with: proc(5).</summary>
    protected virtual string UnnamedWord => throw new NotSupportedException();

    /// <summary>The flags that the object itself hears of, beside the access mode.</summary>
    protected virtual int OpenFlagsOfObject => FileFlags.O_NONBLOCK;

    /// <summary>Makes the descriptor of an open description.</summary>
    protected abstract THandle Handle(OpenDescription description, int descriptor);

    // Null: the directory named an object that was unlinked before it was opened.
    private async Task<THandle?> TryOpenAsync(
        Get get, OpenFlags flags, int descriptor, string call, int attempt, CancellationToken cancellationToken)
    {
        var found = await FindAsync(get, call, cancellationToken).ConfigureAwait(false);
        var got = found.Result!.Got;
        var open = new DescriptionOpen
        {
            Flags = (int)(flags & (OpenFlags)(FileFlags.O_ACCMODE | OpenFlagsOfObject)),
            CreatedBy = got.Existed ? 0 : found.Result.Seq,
        };
        var target = new Target { Kind = kind, Id = got.Id };
        try
        {
            // The object that was made waits for its creator, so this call is not interrupted: the open has happened.
            var patience = got.Existed ? cancellationToken : CancellationToken.None;
            var result = await OpenAsync(target, open, call, found.Pid, patience).ConfigureAwait(false);
            return Handle(target, result.Result!.DescriptionOpened.Number, get.Name, result.Pid, descriptor);
        }
        catch (IpcException exception) when (
            exception.Errno is Errno.EIDRM or Errno.EBADF && got.Existed && attempt < OpenAttempts)
        {
            return default;
        }
    }

    /// <summary>Asks the directory for an object, or for a new one.</summary>
    protected ValueTask<Grant> FindAsync(Get get, string call, CancellationToken cancellationToken)
    {
        var finding = connection.Begin(
            new CallRequest(_directory, new Call { Get = get }, call, null, cancellationToken));
        return new ValueTask<Grant>(finding, finding.Version);
    }

    /// <summary>Opens a description of an object that was found.</summary>
    protected ValueTask<Grant> OpenAsync(
        Target target, DescriptionOpen open, string call, int pid, CancellationToken cancellationToken)
    {
        var body = new Call { Description = new DescriptionCall { Open = open } };
        var opening = connection.Begin(
            new CallRequest(target, body, call, null, cancellationToken) { Of = new Grant(null, pid) });
        return new ValueTask<Grant>(opening, opening.Version);
    }

    private THandle Handle(Target target, long number, string name, int pid, int descriptor) =>
        Handle(new OpenDescription(connection, table, target, number, name, pid), descriptor);

    private string CallOf(string verb) => prefix.Length == 0 ? verb : $"{prefix}_{verb}";

    private static int GetFlagsOf(OpenFlags flags) =>
        ((flags & OpenFlags.Create) != 0 ? IpcFlags.IPC_CREAT : 0)
        | ((flags & OpenFlags.Exclusive) != 0 ? IpcFlags.IPC_EXCL : 0);

    private Task DelayAsync(int attempt, CancellationToken cancellationToken)
    {
        var delayMs = Math.Min(1 << attempt, LongestDelayMs) * (0.5 + Random.Shared.NextDouble());
        return Task.Delay(TimeSpan.FromMilliseconds(delayMs), time, cancellationToken);
    }
}
