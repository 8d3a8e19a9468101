using System.CommandLine;
using Cluster.Cli.Views;
using Cluster.Client;

namespace Cluster.Cli.Commands;

/// <summary>-q, -m, -s: which kinds of objects a command shows.</summary>
internal sealed class KindOptions
{
    private readonly Option<bool> _queues = new("--queues", "-q") { Description = "Message queues" };
    private readonly Option<bool> _segments = new("--shmems", "-m") { Description = "Shared memory segments" };
    private readonly Option<bool> _sets = new("--semaphores", "-s") { Description = "Semaphore sets" };

    public void AddTo(Command command)
    {
        foreach (var option in new[] { _queues, _segments, _sets }) command.Add(option);
    }

    /// <summary>How many kinds are named.</summary>
    public int Count(Func<Option<bool>, bool> isGiven) => new[] { _queues, _segments, _sets }.Count(isGiven);

    /// <summary>The kinds in the order of ipcs; all if none is named.</summary>
    public IReadOnlyList<IObjectView> Views(ParseResult parsed, Globals globals, IIpcClient ipc, bool all = false)
    {
        all |= Count(parsed.GetValue) == 0;
        var views = new List<IObjectView>();
        if (all || parsed.GetValue(_queues)) views.Add(new QueueView(ipc.MessageQueues));
        if (all || parsed.GetValue(_segments)) views.Add(new SegmentView(ipc.SharedMemorySegments, globals.Time));
        if (all || parsed.GetValue(_sets)) views.Add(new SetView(ipc.SemaphoreSets));
        return views;
    }
}
