using Cluster.Core.Machines;
using Cluster.Core.Memory;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Tests.Objects.PosixSharedMemory;

/// <summary>What an extent of a POSIX object knows of the size, and when it asks.</summary>
public sealed class ExtentSizeTests
{
    private const int Pid = 7;
    private static readonly EntityKey Owner = new() { Kind = Kind.PosixSharedMemory, Namespace = 1, Id = 3 };
    private static readonly ByteString Secret = ByteString.CopyFrom(new byte[16]);

    private readonly Entity _entity = new(Extents.KeyOf(Owner, 0), incarnation: 1);
    private readonly List<Request> _requests = [];
    private readonly List<Reply> _replies = [];
    private readonly Dictionary<ulong, Result> _results = [];
    private ulong _seq;

    [Fact]
    public void A_read_that_comes_after_the_object_was_asked_waits_for_another_answer()
    {
        var early = Read();
        var first = Assert.Single(TakeRequests());
        var late = Read();
        Assert.Empty(TakeRequests());
        Reply(first, size: 10);
        Assert.Equal(10, TakeResult(early)!.ShmBytes.Length);
        var second = Assert.Single(TakeRequests());
        Assert.False(second.OpenExtent.Create);
        Reply(second, size: 4);
        Assert.Equal(4, TakeResult(late)!.ShmBytes.Length);
        Assert.Empty(TakeRequests());
    }

    [Fact]
    public void A_read_beyond_the_end_says_nothing_about_later_ones()
    {
        var early = Read();
        var first = Assert.Single(TakeRequests());
        var late = Read();
        Input(machine => machine.OnReply(
            new Reply { Id = first.Id, From = Owner, Errno = (int)Errno.EFAULT }, new Instant(1, 1)));
        Assert.Equal((int)Errno.EFAULT, TakeResult(early)!.Errno);
        Reply(Assert.Single(TakeRequests()), size: 4);
        Assert.Equal(4, TakeResult(late)!.ShmBytes.Length);
    }

    [Fact]
    public void An_extent_without_a_journal_confirms_a_size_only_when_it_has_one()
    {
        Input(machine => machine.Ask(
            new Request { ResizeExtent = new ResizeExtent { Size = 5, Version = 2 } }, token: 1, new Instant(1, 1)));
        Assert.Empty(_replies);
        var open = Assert.Single(TakeRequests());
        Assert.True(open.OpenExtent.Create);
        Reply(open, size: 100); // the answer was on its way when the size was changed
        Assert.Single(_replies);
        Assert.True(_entity.Machine.Revision > 0);
        var read = Read();
        Assert.Equal(5, TakeResult(read)!.ShmBytes.Length);
    }

    [Fact]
    public void A_late_copy_of_an_older_size_changes_nothing()
    {
        Input(machine => machine.Ask(
            new Request { ResizeExtent = new ResizeExtent { Size = 50, Version = 3 } }, token: 1, new Instant(1, 1)));
        Reply(Assert.Single(TakeRequests()), size: 50, version: 3);
        Input(machine => machine.Ask(
            new Request { ResizeExtent = new ResizeExtent { Size = 9, Version = 2 } }, token: 2, new Instant(1, 1)));
        Assert.Equal(50, TakeResult(Read())!.ShmBytes.Length);
    }

    private ulong Read()
    {
        var read = new ShmRead { Capability = Capability.Of(Secret, Pid, writes: false), Length = 100, Partial = true };
        var submit = new Submit { Stamp = new Stamp { Pid = Pid }, Calls = { new Call { Seq = ++_seq, ShmRead = read } } };
        Input(machine => machine.Submit(submit, new Instant(1, 1)));
        return _seq;
    }

    private void Reply(Request request, ulong size, ulong version = 1)
    {
        var opened = new ExtentOpened { Secret = Secret, Size = size, Version = version };
        Input(machine => machine.OnReply(
            new Reply { Id = request.Id, From = Owner, ExtentOpened = opened }, new Instant(1, 1)));
    }

    private void Input(Action<Machine> input)
    {
        input(_entity.Machine);
        _entity.Machine.CheckInvariants();
        _entity.Commit();
        var ready = _entity.Executor.Ready;
        _requests.AddRange(ready.Requests);
        _replies.AddRange(ready.Replies.Select(each => each.Reply));
        foreach (var (_, result) in ready.Results) _results[result.Seq] = result;
        ready.Clear();
    }

    private Request[] TakeRequests()
    {
        Request[] requests = [.. _requests];
        _requests.Clear();
        return requests;
    }

    private Result? TakeResult(ulong seq) => _results.GetValueOrDefault(seq);
}
