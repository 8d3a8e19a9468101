using Cluster.Core.Machines;
using Cluster.Core.Processes;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Tests.Processes;

/// <summary>A process entity: its calls, its parent, and its pushes to its session.</summary>
public sealed class ProcessTests
{
    private readonly Process _process = new(Process.KeyOf(7));
    private readonly Executor _executor;

    public ProcessTests()
    {
        _executor = new Executor(_process);
        var started = new ProcessStarted
        {
            Pid = 7, Parent = 5, Credentials = new Credentials { Uid = 1000 }, Namespace = 1, NamespacePath = "/",
            LeaseMs = 10_000, Token = ByteString.CopyFromUtf8("secret"),
        };
        _process.Ask(new Request { StartProcess = new StartProcess { Process = started } }, 1, 2_000);
        Commit();
    }

    [Fact]
    public void A_process_reports_its_description()
    {
        var submit = new Submit { Stamp = new Stamp { Pid = 7 } };
        submit.Calls.Add(new Call { Seq = 1, ProcessStat = new ProcessStat() });
        _process.Submit(submit, 3_000);
        var status = Assert.Single(_executor.Ready.Results).Result.ProcessStatus;
        Assert.Equal((7, 5, "/", 10_000L, 2L), (
            status.Pid, status.Parent, status.NamespacePath, status.LeaseMs, status.Started));
        Assert.False(_executor.TryBeginWrite(out _, lazy: true));
    }

    [Fact]
    public void The_session_that_started_a_process_gets_its_end_after_the_write()
    {
        Assert.True(_executor.TryTakeSubscription(out var token));
        Assert.Equal(1ul, token);
        _process.Tick(12_000);
        Assert.Empty(_executor.Ready.News);
        Commit();
        var news = Assert.Single(_executor.Ready.News);
        Assert.True(news.News.ProcessEnded.Expired);
    }

    [Fact]
    public void A_renewal_renews_the_subscription()
    {
        Assert.True(_executor.TryTakeSubscription(out _));
        _process.Ask(new Request { RenewLease = new RenewLease() }, 9, 4_000);
        Assert.True(_executor.TryTakeSubscription(out var token));
        Assert.Equal(9ul, token);
        Assert.Equal(14_000, _process.NextTickMs);
    }

    [Fact]
    public void The_parent_survives_a_snapshot()
    {
        var restored = new Process(Process.KeyOf(7));
        restored.Restore(_process.TakeSnapshot());
        Assert.Equal(5, restored.TakeSnapshot().Process.Started.Parent);
    }

    private void Commit()
    {
        Assert.True(_executor.TryBeginWrite(out _));
        _executor.Committed();
    }
}
