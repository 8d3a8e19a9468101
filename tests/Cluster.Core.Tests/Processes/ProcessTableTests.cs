using Cluster.Core.Machines;
using Cluster.Core.Processes;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Processes;

/// <summary>The processes of a namespace.</summary>
public sealed class ProcessTableTests
{
    private readonly ProcessTable _table = new(ProcessTable.KeyOf(1));
    private readonly Executor _executor;

    public ProcessTableTests() => _executor = new Executor(_table);

    [Fact]
    public void Processes_are_listed_in_the_order_of_their_pids_a_page_a_call()
    {
        foreach (var pid in new[] { 9, 3, 7 }) Enlist(pid);
        var page = List(after: 0, limit: 2);
        Assert.Equal([3, 7], page.Entries.Select(entry => entry.Pid));
        Assert.True(page.More);
        page = List(after: 7, limit: 2);
        Assert.Equal([9], page.Entries.Select(entry => entry.Pid));
        Assert.False(page.More);
    }

    [Fact]
    public void A_late_request_does_not_enlist_a_process_that_has_exited()
    {
        Enlist(3);
        Ask(new Request { ProcessExited = new ProcessExited { Pid = 3 } });
        Enlist(3);
        Assert.Empty(List(0, 10).Entries);
    }

    [Fact]
    public void The_table_of_a_removed_namespace_ends_with_its_last_process_and_stays_ended()
    {
        Enlist(3);
        Ask(new Request { DestroyDirectory = new DestroyDirectory() });
        Assert.False(_table.IsFinished);
        Ask(new Request { ProcessExited = new ProcessExited { Pid = 3 } });
        Assert.True(_table.IsFinished);
        var late = new ProcessTable(ProcessTable.KeyOf(1)) { HasPast = true };
        var executor = new Executor(late);
        late.Ask(new Request { EnlistProcess = new EnlistProcess { Entry = new ProcessEntry { Pid = 4 } } }, 1, 1_000);
        Assert.Equal(0, Assert.Single(executor.Ready.Replies).Reply.Errno);
        Assert.Equal((true, 0ul), (late.IsFinished, late.Revision));
    }

    private void Enlist(int pid) =>
        Ask(new Request { EnlistProcess = new EnlistProcess { Entry = new ProcessEntry { Pid = pid } } });

    private void Ask(Request request)
    {
        _table.Ask(request, 1, 1_000);
        if (_executor.TryBeginWrite(out _)) _executor.Committed();
        _executor.Ready.Clear();
    }

    private ProcessListing List(int after, int limit)
    {
        var call = new Call { Seq = 1, ProcessList = new ProcessList { After = after, Limit = limit } };
        _table.Submit(new Submit { Stamp = new Stamp { Pid = 2 }, Calls = { call } }, 1_000);
        var listing = Assert.Single(_executor.Ready.Results).Result.ProcessListing;
        _executor.Ready.Clear();
        return listing;
    }
}
