using Cluster.Core.Tests.Model;
using Cluster.Core.Tests.Model.MessageQueues;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Tests.Objects.MessageQueues;

/// <summary>A new queue: it asks the directory for its entry, and calls wait meanwhile.</summary>
public sealed class BirthTests
{
    private Request? _claim;
    private readonly Entity _entity = new(QueueHost.Key, 1);

    [Fact]
    public void A_new_object_asks_its_directory_once_and_then_runs_the_waiting_calls_in_order()
    {
        Send(2, "a");
        Send(3, "b");
        Assert.Single(_entity.Executor.Ready.Requests, request => request.Claim is not null);
        Born();
        Assert.Equal([2, 3], _entity.Executor.Ready.Results.Select(each => each.Pid));
        Assert.Equal(2, _entity.Machine.TakeSnapshot().MessageQueue.Messages.Count);
    }

    [Fact]
    public void A_late_call_of_a_process_that_exited_before_the_creation_does_nothing()
    {
        Exit(2);
        Send(3, "b");
        Born();
        Send(2, "late");
        _entity.Commit();
        Assert.Equal([3], _entity.Executor.Ready.Results.Select(each => each.Pid));
        _entity.Crash(2);
        _entity.Machine.Recovered(0);
        Send(2, "late");
        Assert.Empty(_entity.Executor.Ready.Results);
    }

    [Fact]
    public void An_exit_is_confirmed_after_its_write()
    {
        Exit(2);
        Assert.Empty(_entity.Executor.Ready.Replies);
        Born();
        Assert.Equal(
            (1ul, 0), Assert.Single(_entity.Executor.Ready.Replies.Select(each => (each.Token, each.Reply.Errno))));
    }

    [Fact]
    public void Waiting_calls_of_an_exited_process_are_dropped()
    {
        Send(2, "a");
        Exit(2);
        Send(3, "b");
        Born();
        Assert.Equal([3], _entity.Executor.Ready.Results.Select(each => each.Pid));
    }

    [Theory]
    [InlineData(Errno.EINVAL)]
    [InlineData(Errno.EIDRM)]
    public void A_queue_that_its_directory_does_not_list_fails_calls_and_ends(Errno errno)
    {
        Send(2, "a");
        _entity.Machine.OnReply(new Reply { Id = Claim.Id, From = Claim.To, Errno = (int)errno }, 0);
        Send(3, "b");
        Assert.Equal([(2, errno), (3, errno)],
            _entity.Executor.Ready.Results.Select(each => (each.Pid, (Errno)each.Result.Errno)));
        Assert.True(_entity.Machine.IsFinished);
        Assert.Equal(0ul, _entity.Machine.Revision);
    }

    [Fact]
    public void A_second_answer_changes_nothing()
    {
        Send(2, "a");
        Born();
        var revision = _entity.Machine.Revision;
        Born();
        Assert.Equal(revision, _entity.Machine.Revision);
    }

    private Request Claim => _claim ??= _entity.Executor.Ready.Requests.Single(request => request.Claim is not null);

    private void Born()
    {
        var entry = new DirectoryEntry { Permissions = new Permissions { Mode = 0x1B6 }, InitialSize = 10 };
        _entity.Machine.OnReply(
            new Reply { Id = Claim.Id, From = Claim.To, Claimed = new Claimed { Entry = entry } }, 0);
        _entity.Commit();
        _entity.Check(fromStart: true);
    }

    private void Send(int pid, string text)
    {
        var stamp = new Stamp { Pid = pid, Credentials = new Credentials { Uid = 1 }, Limits = CallGenerator.Limits };
        var send = new MsgSnd { Type = 1, Text = ByteString.CopyFromUtf8(text) };
        _entity.Machine.Submit(new Submit { Stamp = stamp, Calls = { new Call { Seq = 1, Msgsnd = send } } }, 0);
    }

    private void Exit(int pid) =>
        _entity.Machine.Ask(new Request { ProcessExited = new ProcessExited { Pid = pid } }, 1, 0);
}
