using Cluster.Core.Tests.Model.Mqueues;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Objects.Mqueues;

/// <summary>
/// Who waits for whom while an object with a name is unlinked, shared and ended. A request in the outbox of an entity that
/// nobody calls is lost with its node, so whoever caused it has to wait for it.
/// </summary>
public sealed class LingerTests
{
    private const int Creator = 7;
    private const int Other = 8;

    private readonly Entity _entity = new(MqueueHost.Key, 1);
    private ulong _seq = 1; // 1 is the creation

    public LingerTests()
    {
        Ask(new Request { Id = 90, ProcessExited = new ProcessExited { Pid = 1 } }, 90); // brings it to life
        var claim = Taken().Single();
        var entry = new DirectoryEntry
        {
            Permissions = new Permissions { Uid = 1000, Mode = 0x180 },
            Mqueue = new MqueueSize { Maxmsg = 1, Msgsize = 1 },
            Creator = Creator,
            CreatorSeq = 1,
        };
        Reply(claim, new Reply { Claimed = new Claimed { Entry = entry } });
        Replies();
    }

    [Fact]
    public void An_unlinked_object_waits_for_the_open_of_its_creator()
    {
        Unlink();
        var touch = Assert.Single(Taken());
        Assert.Equal((Kind.Process, (long)Creator), (touch.To.Kind, touch.To.Id));
        Assert.Empty(Replies()); // the directory waits, or nobody would bring the object back
        Reply(touch, new Reply());
        Assert.NotNull(Assert.Single(Replies()).Lingering);
        Assert.Equal(0, Open(Creator, createdBy: 1).Errno);
        Assert.Equal(Errno.EBADF, (Errno)Open(Other).Errno); // the name is free: look again
    }

    [Fact]
    public void An_object_whose_creator_has_ended_goes_at_once()
    {
        Unlink();
        Reply(Assert.Single(Taken()), new Reply { Errno = (int)Errno.ESRCH });
        Assert.Null(Assert.Single(Replies()).Lingering);
        Assert.True(_entity.Machine.TakeSnapshot().Mqueue.Removed);
    }

    [Fact]
    public void A_share_has_a_result_when_the_other_process_is_registered()
    {
        var number = Open(Creator, createdBy: 1).DescriptionOpened.Number;
        Submit(Creator, new DescriptionCall { Share = new DescriptionShare { Number = number, Pid = Other } });
        Assert.Empty(Results());
        Ask(new Request { Id = 5, ProcessExited = new ProcessExited { Pid = Creator } }, 5);
        Assert.Empty(Replies()); // the exit waits too
        Reply(Assert.Single(Taken()), new Reply());
        Assert.Equal(5ul, Assert.Single(Replies()).Id);
        var stored = Assert.Single(_entity.Machine.TakeSnapshot().Mqueue.Descriptions.Descriptions);
        Assert.Equal([Other], stored.Holders);
    }

    [Theory]
    [InlineData(Errno.None)]
    [InlineData(Errno.ESRCH)]
    [InlineData(Errno.EMFILE)]
    public void A_share_answers_as_the_process_entity(Errno errno)
    {
        var number = Open(Creator, createdBy: 1).DescriptionOpened.Number;
        Submit(Creator, new DescriptionCall { Share = new DescriptionShare { Number = number, Pid = Other } });
        Reply(Assert.Single(Taken()), new Reply { Errno = (int)errno });
        Assert.Equal(errno, (Errno)Assert.Single(Results()).Errno);
        var close = Call(Other, new DescriptionCall { Close = new DescriptionClose { Number = number } });
        Assert.Equal(errno == Errno.None ? Errno.None : Errno.EBADF, (Errno)close.Errno);
    }

    [Fact]
    public void A_removal_is_confirmed_when_the_object_knows_of_its_end_and_never_by_an_old_life()
    {
        var number = Open(Creator, createdBy: 1).DescriptionOpened.Number;
        Unlink();
        Assert.NotNull(Assert.Single(Replies()).Lingering);
        Ask(new Request { Id = 7, ForgetObject = new ForgetObject() }, 7);
        Assert.Empty(Replies()); // it is alive: this life would be an old one
        Submit(Creator, new DescriptionCall { Close = new DescriptionClose { Number = number } });
        var end = Assert.Single(Taken());
        Assert.NotNull(end.EndObject);
        Assert.Empty(Results());
        Ask(new Request { Id = 8, ForgetObject = new ForgetObject() }, 8);
        Assert.Empty(Replies()); // the directory asks before its answer has arrived
        Reply(end, new Reply());
        Assert.Equal(8ul, Assert.Single(Replies()).Id);
        Assert.Equal(0, Assert.Single(Results()).Errno);
        Assert.True(_entity.Machine.TakeSnapshot().Mqueue.Forgotten);
    }

    // ---- the entity ----

    private void Unlink() =>
        Ask(new Request { Id = 3, DestroyObject = new DestroyObject { Credentials = new Credentials() } }, 3);

    private Result Open(int pid, ulong createdBy = 0) => Call(
        pid, new DescriptionCall { Open = new DescriptionOpen { Flags = FileFlags.O_RDWR, CreatedBy = createdBy } });

    private Result Call(int pid, DescriptionCall call)
    {
        Submit(pid, call);
        return Assert.Single(Results());
    }

    private void Submit(int pid, DescriptionCall call)
    {
        var stamp = new Stamp { Pid = pid, Credentials = new Credentials { Uid = 1000 } };
        var submit = new Submit { Stamp = stamp, Calls = { new Call { Seq = ++_seq, Description = call } } };
        _entity.Machine.Submit(submit, 0);
        _entity.Machine.CheckInvariants();
        _entity.Commit();
    }

    private void Ask(Request request, ulong token)
    {
        _entity.Machine.Ask(request, token, 0);
        _entity.Machine.CheckInvariants();
        _entity.Commit();
    }

    private void Reply(Request request, Reply reply)
    {
        (reply.Id, reply.From) = (request.Id, request.To);
        _entity.Machine.OnReply(reply, 0);
        _entity.Machine.CheckInvariants();
        _entity.Commit();
    }

    private List<Request> Taken() => Take(_entity.Executor.Ready.Requests);

    private List<Result> Results() => Take(_entity.Executor.Ready.Results.Select(each => each.Result));

    private List<Reply> Replies() => Take(_entity.Executor.Ready.Replies.Select(each => each.Reply));

    // What was looked at is not seen again; the rest stays.
    private readonly HashSet<object> _seen = new(ReferenceEqualityComparer.Instance);

    private List<T> Take<T>(IEnumerable<T> all)
        where T : class => [.. all.Where(each => _seen.Add(each))];
}
