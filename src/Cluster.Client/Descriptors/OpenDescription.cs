using Cluster.Client.Connection;
using Cluster.Protocol;

namespace Cluster.Client.Descriptors;

/// <summary>
/// An open file description that this process holds. The process counts its descriptors for the description by itself;
/// the object hears of the last close only.
/// </summary>
internal sealed class OpenDescription(
    IpcConnection connection, DescriptorTable table, Target target, long number, string name, int pid)
{
    private int _descriptors = 1;

    public IpcConnection Connection => connection;

    public DescriptorTable Table => table;

    public Target Target => target;

    public long Number => number;

    public string Name => name;

    /// <summary>The process that holds it. Once that is lost, calls on it fail with ESRCH.</summary>
    public int Pid => pid;

    /// <summary>One more descriptor of this process leads here.</summary>
    public bool TryDuplicate()
    {
        while (true)
        {
            var count = Volatile.Read(ref _descriptors);
            if (count == 0)
                return false;
            if (Interlocked.CompareExchange(ref _descriptors, count + 1, count) == count)
                return true;
        }
    }

    /// <summary>
    /// Whether the object has to hear of each descriptor that is closed: one has been registered through (mq_notify(3)).
    /// </summary>
    public bool TellsEachClose { get; set; }

    /// <summary>
    /// A descriptor is closed; the last one closes the description. As close(2) on Linux, it is not interrupted.
    /// </summary>
    public async Task ReleaseAsync(string call)
    {
        var isLast = Interlocked.Decrement(ref _descriptors) == 0;
        if (!isLast && !TellsEachClose)
            return;
        var close = new DescriptionCall { Close = new DescriptionClose { Number = number, Keeps = !isLast } };
        await CallAsync(new Call { Description = close }, call, CancellationToken.None).ConfigureAwait(false);
    }

    public ValueTask<Result> CallAsync(Call call, string name, CancellationToken cancellationToken) =>
        connection.CallAsync(target, call, name, cancellationToken, pid);

    public PendingCall Begin(
        Call call, string name, TimeSpan? timeout, Errno soft, CancellationToken cancellationToken) =>
        connection.Begin(Request(call, name, timeout, soft, cancellationToken));

    public CallRequest Request(
        Call call, string name, TimeSpan? timeout, Errno soft, CancellationToken cancellationToken) =>
        new(target, call, name, timeout, cancellationToken) { Soft = soft, Of = new Grant(null, pid) };
}
