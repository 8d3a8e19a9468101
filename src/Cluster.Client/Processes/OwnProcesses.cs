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
        var asked = new Queue<PendingCall>();
        var pids = PidsAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (pids.ConfigureAwait(false))
        {
            var isLast = false;
            while (!isLast || asked.Count > 0)
            {
                while (!isLast && asked.Count < AskedAtOnce)
                {
                    isLast = !await pids.MoveNextAsync().ConfigureAwait(false);
                    if (!isLast)
                        asked.Enqueue(Ask(pids.Current, Errno.ESRCH, cancellationToken));
                }

                if (!asked.TryDequeue(out var call))
                    yield break;
                var result = await new ValueTask<Result>(call, call.Version).ConfigureAwait(false);
                if (result.ProcessStatus is { } status)
                    yield return IpcProcessInfo.From(status);
            }
        }
    }

    public async Task<IpcProcessInfo> GetAsync(int pid, CancellationToken cancellationToken = default)
    {
        var call = Ask(pid, Errno.None, cancellationToken);
        var result = await new ValueTask<Result>(call, call.Version).ConfigureAwait(false);
        return IpcProcessInfo.From(result.ProcessStatus ?? new ProcessStatus());
    }

    public async Task<IpcProcessExit> WaitForExitAsync(
        int pid, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var wait = new Call { ProcessAwait = new ProcessAwait() };
        var call = connection.Begin(new CallRequest(Of(pid), wait, "waitid", timeout, cancellationToken));
        var result = await new ValueTask<Result>(call, call.Version).ConfigureAwait(false);
        var exit = result.ProcessExit ?? new ProcessExit();
        return new IpcProcessExit((Signal)exit.Signal, exit.Expired);
    }

    /// <summary>The address of a process.</summary>
    internal static Target Of(int pid) => new() { Kind = Kind.Process, Id = pid };

    private PendingCall Ask(int pid, Errno soft, CancellationToken cancellationToken)
    {
        var stat = new Call { ProcessStat = new ProcessStat { Waits = true } };
        return connection.Begin(new CallRequest(Of(pid), stat, Name, null, cancellationToken) { Soft = soft });
    }

    private async IAsyncEnumerable<int> PidsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var listing = new ProcessListing { More = true };
        for (var after = 0; listing.More; after = listing.Entries.LastOrDefault()?.Pid ?? int.MaxValue)
        {
            var list = new ProcessList { After = after, Limit = Bounds.ListingPage };
            var result = await connection.CallAsync(Table, new Call { ProcessList = list }, Name, cancellationToken)
                .ConfigureAwait(false);
            listing = result.ProcessListing ?? new ProcessListing();
            foreach (var entry in listing.Entries)
                yield return entry.Pid;
        }
    }
}
