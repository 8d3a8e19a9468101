using Cluster.Protocol;

namespace Cluster.Cli.Tests;

/// <summary>The calls of the tool to the kernel, in their order.</summary>
internal sealed class Traffic
{
    private readonly Lock _lock = new();
    private readonly List<Call> _calls = [];
    private readonly List<(Call.OpOneofCase Operation, int Count, TaskCompletionSource Done)> _awaited = [];
    private int _reached;
    private int _statsUnderWay;

    public IReadOnlyList<Call> Calls
    {
        get
        {
            lock (_lock) return [.. _calls];
        }
    }

    /// <summary>The highest number of IPC_STATs of sets that were under way at once.</summary>
    public int MostStats { get; private set; }

    /// <summary>
    /// The time-outs of the calls with an operation, in ms; null: none. The time before the call was sent is
    /// subtracted.
    /// </summary>
    public IEnumerable<long?> TimeoutsOf(Call.OpOneofCase operation) => Calls
        .Where(call => call.OpCase == operation).Select(call => call.HasTimeoutMs ? call.TimeoutMs : (long?)null);

    /// <summary>
    /// Completes when a number of calls with an operation have reached the kernel. Those that have to wait are blocked
    /// then.
    /// </summary>
    public Task ReachedAsync(Call.OpOneofCase operation, int count)
    {
        lock (_lock)
        {
            var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited.Add((operation, count, done));
            Complete();
            return done.Task;
        }
    }

    public void BeforeWrite(ClientFrame frame)
    {
        lock (_lock)
        {
            _calls.AddRange(Of(frame).Select(call => call.Clone()));
            _statsUnderWay += Of(frame).Count(call => call.OpCase == Call.OpOneofCase.Semstat);
            MostStats = Math.Max(MostStats, _statsUnderWay);
        }
    }

    public void AfterWrite(ClientFrame frame)
    {
        lock (_lock)
        {
            _reached += Of(frame).Count();
            Complete();
        }
    }

    public void AfterRead(ServerFrame frame)
    {
        var answers = frame.Results.SelectMany(target => target.Results).Count(result => result.SetStat is not null);
        lock (_lock) _statsUnderWay -= answers;
    }

    private void Complete()
    {
        foreach (var (operation, count, done) in _awaited)
        {
            if (_calls.Take(_reached).Count(call => call.OpCase == operation) >= count) done.TrySetResult();
        }
    }

    private static IEnumerable<Call> Of(ClientFrame frame) => frame.Calls.SelectMany(target => target.Calls);
}
