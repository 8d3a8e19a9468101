using System.Runtime.CompilerServices;
using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client;

internal sealed class OwnProcesses(IpcConnection connection) : IProcesses
{
    private const string Name = "ps";
    private const int AskedAtOnce = 64;

    private static readonly Target Table = new() { Kind = Kind.ProcessTable };

    public async IAsyncEnumerable<IpcProcessInfo> ListAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var asked = new Queue<(PendingCall Call, ProcessEntry Entry)>();
        var entries = EntriesAsync(group: 0, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (entries.ConfigureAwait(false))
        {
            var isLast = false;
            while (!isLast || asked.Count > 0)
            {
                while (!isLast && asked.Count < AskedAtOnce)
                {
                    isLast = !await entries.MoveNextAsync().ConfigureAwait(false);
                    if (!isLast)
                        asked.Enqueue((Ask(entries.Current.Pid, Errno.ESRCH, cancellationToken), entries.Current));
                }

                if (!asked.TryDequeue(out var next))
                    yield break;
                var result = await new ValueTask<Result>(next.Call, next.Call.Version).ConfigureAwait(false);
                if (result.ProcessStatus is { } status)
                    yield return IpcProcessInfo.From(status, next.Entry);
            }
        }
    }

    public async Task<IpcProcessInfo> GetAsync(int pid, CancellationToken cancellationToken = default)
    {
        var call = Ask(pid, Errno.None, cancellationToken);
        var result = await new ValueTask<Result>(call, call.Version).ConfigureAwait(false);
        var entry = await FindAsync(pid, cancellationToken).ConfigureAwait(false);
        return IpcProcessInfo.From(result.ProcessStatus ?? new ProcessStatus(), entry);
    }

    public async Task<IpcProcessExit> WaitForExitAsync(
        int pid, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var wait = new Call { ProcessAwait = new ProcessAwait() };
        var call = connection.Begin(new CallRequest(Of(pid), wait, "waitid", timeout, cancellationToken));
        var result = await new ValueTask<Result>(call, call.Version).ConfigureAwait(false);
        return IpcProcessExit.From(result.ProcessExit ?? new ProcessExit());
    }

    public async Task<IpcParent> GetParentAsync(CancellationToken cancellationToken = default)
    {
        await connection.GetPidAsync(cancellationToken).ConfigureAwait(false);
        return IpcParent.Of(connection.Process!.Pid, connection.Process.Token);
    }

    public async Task<IpcProcessExit> WaitForChildAsync(
        int? pid = null, TimeSpan? timeout = null, bool keeps = false, CancellationToken cancellationToken = default)
    {
        var own = await connection.GetPidAsync(cancellationToken).ConfigureAwait(false);
        var reap = new Call { ProcessReap = new ProcessReap { Pid = pid ?? -1, Keeps = keeps } };
        var request = new CallRequest(Of(own), reap, "waitid", timeout, cancellationToken)
        {
            Soft = timeout == TimeSpan.Zero ? Errno.EAGAIN : Errno.None, Of = new Grant(null, own),
        };
        var call = connection.Begin(request);
        var result = await new ValueTask<Result>(call, call.Version).ConfigureAwait(false);
        return result.ProcessExit is { } exit
            ? IpcProcessExit.From(exit)
            : throw new IpcTimeoutException(Errno.ETIMEDOUT, "waitid");
    }

    public Task SetGroupAsync(int group = 0, int pid = 0, CancellationToken cancellationToken = default)
    {
        var set = new ProcessSetGroup { Pid = pid, Group = group };
        return OnTableAsync(new Call { ProcessSetGroup = set }, "setpgid", cancellationToken);
    }

    public Task StartSessionAsync(CancellationToken cancellationToken = default) =>
        OnTableAsync(new Call { ProcessSetSession = new ProcessSetSession() }, "setsid", cancellationToken);

    private async Task OnTableAsync(Call call, string name, CancellationToken cancellationToken)
    {
        var own = await connection.GetPidAsync(cancellationToken).ConfigureAwait(false);
        await connection.CallAsync(Table, call, name, cancellationToken, own).ConfigureAwait(false);
    }

    /// <summary>The address of a process.</summary>
    internal static Target Of(int pid) => new() { Kind = Kind.Process, Id = pid };

    private PendingCall Ask(int pid, Errno soft, CancellationToken cancellationToken)
    {
        var stat = new Call { ProcessStat = new ProcessStat { Waits = true } };
        return connection.Begin(new CallRequest(Of(pid), stat, Name, null, cancellationToken) { Soft = soft });
    }

    // One that has started a few milliseconds ago is not in the table yet.
    private async Task<ProcessEntry> FindAsync(int pid, CancellationToken cancellationToken)
    {
        var list = new ProcessList { After = pid - 1, Limit = 1 };
        var result = await connection.CallAsync(Table, new Call { ProcessList = list }, Name, cancellationToken)
            .ConfigureAwait(false);
        return result.ProcessListing?.Entries.FirstOrDefault(entry => entry.Pid == pid)
            ?? new ProcessEntry { Pid = pid, Group = pid, Session = pid };
    }

    /// <summary>The table of the namespace.</summary>
    /// <param name="group">Only this process group; 0: all.</param>
    /// <param name="cancellationToken">Gives up the calls.</param>
    internal async IAsyncEnumerable<ProcessEntry> EntriesAsync(
        int group, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var listing = new ProcessListing { More = true };
        for (var after = 0; listing.More; after = listing.Entries.LastOrDefault()?.Pid ?? int.MaxValue)
        {
            var list = new ProcessList { After = after, Limit = Bounds.ListingPage, Group = group };
            var result = await connection.CallAsync(Table, new Call { ProcessList = list }, Name, cancellationToken)
                .ConfigureAwait(false);
            listing = result.ProcessListing ?? new ProcessListing();
            foreach (var entry in listing.Entries)
                yield return entry;
        }
    }
}
