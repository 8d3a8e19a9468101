using Cluster.Core.Machines;
using Cluster.Core.Namespaces;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Namespaces;

/// <summary>
/// Queues count against RLIMIT_MSGQUEUE of their owner over all namespaces: the directories and the account of the owner.
/// </summary>
public sealed class ChargesTests
{
    private const int Rlimit = 1_000; // one queue of Fills bytes a message
    private const int Fills = 904;    // 1 * 48 + 1 * 48 + 1 * 904

    private readonly World _world = new();

    private static EntityKey Account => Core.Namespaces.Account.KeyOf(1000);

    [Fact]
    public void Queues_of_all_namespaces_count()
    {
        var session = Start();
        Assert.Equal(Errno.None, Make(session, 1, "/a", Fills));
        Assert.Equal(Errno.EMFILE, Make(session, 2, "/b", 1));
        Assert.Equal(Errno.None, Make(Start(uid: 1001), 2, "/other", Fills));
        Assert.Equal(Errno.None, Unlink(session, 1, "/a"));
        Assert.Equal(Errno.EMFILE, Make(session, 2, "/b", Fills + 1));
        Assert.Equal(Errno.None, Make(session, 2, "/b", Fills));
        Assert.Equal(Rlimit, Sum());
        _world.Check();
    }

    [Fact]
    public void An_unlinked_queue_counts_until_its_last_close()
    {
        var session = Start();
        var (id, number) = Open(session, 1, "/a", Fills);
        Assert.Equal(Errno.None, Unlink(session, 1, "/a"));
        Assert.Equal(Errno.EMFILE, Make(session, 2, "/b", 1));
        Assert.Equal(Errno.None, Close(session, 1, id, number));
        Assert.Equal(Errno.None, Make(session, 2, "/b", Fills));
    }

    [Fact]
    public void The_queues_of_a_namespace_that_is_removed_count_no_more()
    {
        var session = Start();
        Open(session, 2, "/a", 1);
        Make(session, 2, "/b", 1);
        Assert.Equal(2 * 97, Sum());
        var destroy = new Request { To = World.DirectoryOf(2, Kind.Mqueue), DestroyDirectory = new DestroyDirectory() };
        Assert.Equal(0, _world.Ask(destroy).Errno);
        Assert.Equal(0, Sum());
    }

    [Fact]
    public void Crashes_of_directory_and_account_neither_lose_nor_double_a_charge()
    {
        var session = Start();
        for (var turn = 0; turn < 4; turn++)
        {
            Make(session, 1, $"/{turn}", 1);
            _world.Crash(World.DirectoryOf(1, Kind.Mqueue));
            _world.Crash(Account);
            Assert.Equal((turn + 1) * 97, Sum());
        }

        for (var turn = 4; turn > 0; turn--)
        {
            _world.Crash(turn % 2 == 0 ? Account : World.DirectoryOf(1, Kind.Mqueue));
            Assert.Equal(Errno.None, Unlink(session, 1, $"/{turn - 1}"));
            Assert.Equal((turn - 1) * 97, Sum());
        }
    }

    // ---- step by step ----

    [Fact]
    public void A_name_that_is_being_made_is_made_once()
    {
        var steps = new ChargeSteps();
        Assert.Empty(steps.Get(7, 1, "/a"));
        Assert.Empty(steps.Get(8, 1, "/a"));
        Assert.Empty(steps.Get(7, 1, "/a")); // a late copy
        var results = steps.Answer(steps.Charge());
        Assert.Equal([(7, false), (8, true)], results.Select(each => (each.Pid, each.Result.Got.Existed)));
        Assert.Equal(97, steps.Sum);
    }

    [Fact]
    public void A_refused_creation_leaves_the_name_to_the_next_caller()
    {
        var steps = new ChargeSteps();
        steps.Get(7, 1, "/a", size: 1, rlimit: 97);
        var first = steps.Charge();
        Assert.Single(steps.Answer(first));
        steps.Get(7, 2, "/b", size: 1, rlimit: 97);
        steps.Get(8, 1, "/b", size: 1, rlimit: 1_000);
        var refused = Assert.Single(steps.Answer(steps.Charge()));
        Assert.Equal((7, Errno.EMFILE), (refused.Pid, (Errno)refused.Result.Errno));
        var made = Assert.Single(steps.Answer(steps.Charge()));
        Assert.Equal((8, 0), (made.Pid, made.Result.Errno));
        Assert.Equal(2 * 97, steps.Sum);
    }

    [Fact]
    public void A_creation_goes_on_after_a_crash_of_the_directory_and_is_charged_once()
    {
        var steps = new ChargeSteps();
        steps.Get(7, 1, "/a");
        var lost = steps.Charge(); // the answer dies with the directory
        steps.Crash();
        Assert.Empty(steps.Get(7, 1, "/a")); // the client sends the call again
        Assert.Empty(steps.Answer(lost));
        Assert.Single(steps.Answer(steps.Charge()));
        Assert.Equal(97, steps.Sum);
    }

    [Fact]
    public void A_late_copy_of_a_request_takes_no_charge_that_was_released()
    {
        var steps = new ChargeSteps();
        steps.Get(7, 1, "/a");
        var request = steps.Request();
        steps.Answer(steps.Take(request));
        steps.End(0);
        steps.Answer(steps.Charge());
        Assert.Equal(0, steps.Sum);
        steps.Take(request);
        Assert.Equal(0, steps.Sum);
    }

    // EIDRM is for a volatile queue that was lost with its node.
    [Fact]
    public void A_queue_that_has_ended_is_not_lost_while_its_charge_is_released()
    {
        var steps = new ChargeSteps();
        steps.Get(7, 1, "/a");
        steps.Answer(steps.Charge());
        steps.End(0);
        var answered = steps.Replies.Count;
        steps.Claim(0);
        Assert.Equal(answered, steps.Replies.Count);
        steps.Answer(steps.Charge());
        Assert.Equal((int)Errno.EINVAL, steps.Replies[^1].Errno);
    }

    [Fact]
    public void The_exit_of_the_creator_waits_and_takes_the_charge_back()
    {
        var steps = new ChargeSteps();
        steps.Get(7, 1, "/a");
        Assert.Empty(steps.Exit(7));
        steps.Answer(steps.Charge());
        Assert.Empty(steps.Directory.Machine.TakeSnapshot().Directory.Entries);
        steps.Answer(steps.Charge());
        Assert.Equal(0, steps.Sum);
        Assert.Single(steps.Exit(7));
    }

    [Fact]
    public void The_end_of_a_queue_is_confirmed_when_its_charge_is_released()
    {
        var steps = new ChargeSteps();
        steps.Get(7, 1, "/a");
        steps.Answer(steps.Charge());
        Assert.Empty(steps.End(0));
        steps.Answer(steps.Charge());
        Assert.Equal(0, steps.Sum);
        Assert.Single(steps.Replies);
    }

    [Fact]
    public void An_exit_is_confirmed_when_the_requests_before_it_are_answered()
    {
        var steps = new ChargeSteps();
        steps.Get(7, 1, "/a");
        steps.Answer(steps.Charge());
        steps.Get(7, 2, "/b");
        steps.Answer(steps.Charge());
        steps.End(0);
        steps.Answer(steps.Charge());
        var forget = steps.Forget(0);
        Assert.Empty(steps.Exit(8));
        steps.End(1); // a later request does not matter
        steps.Answer(steps.Charge());
        steps.Replies.Clear();
        steps.Answer(new Reply { Id = forget.Id, From = forget.To });
        Assert.Single(steps.Replies);
    }

    [Fact]
    public void Queues_of_a_journal_from_before_accounts_are_charged_when_their_directory_begins()
    {
        var steps = new ChargeSteps(old: 3);
        steps.Answer(steps.Charge());
        Assert.Equal(3 * 97, steps.Sum); // whatever the limit of the owner is
        steps.Directory.Check(fromStart: true);
        steps.End(1);
        steps.Answer(steps.Charge());
        Assert.Equal(2 * 97, steps.Sum);
    }

    [Fact]
    public void An_old_queue_may_end_before_it_is_charged()
    {
        var steps = new ChargeSteps(old: 1);
        Assert.Single(steps.End(0));
        steps.Answer(steps.Charge());
        steps.Answer(steps.Charge());
        Assert.Equal(0, steps.Sum);
    }

    [Fact]
    public void An_account_forgets_directories_without_charges_after_an_hour()
    {
        var account = new Entity(Account, 1);
        for (ulong number = 1; number <= 100; number++) Ask(number, [(1, 5)], number == 50 ? [] : [1], 0);
        Ask(200, [(1, 5)], [], Core.Namespaces.Account.KeepMs + 1);
        var left = account.Machine.TakeSnapshot().Account.Directories;
        Assert.Equal([50UL, 200UL], left.Select(each => each.Directory.Namespace));
        account.Check(fromStart: true);

        void Ask(ulong number, (long Number, long Bytes)[] charges, long[] released, long nowMs)
        {
            var directory = World.DirectoryOf(number, Kind.Mqueue);
            var asked = new ChargeAccount { Directory = directory };
            asked.Charges.AddRange(charges.Select(
                charge => new Charge { Number = charge.Number, Bytes = charge.Bytes, Bound = long.MaxValue }));
            account.Machine.Ask(new Request { ChargeAccount = asked }, 1, nowMs);
            var back = new ChargeAccount { Directory = directory, Released = { released } };
            if (released.Length > 0) account.Machine.Ask(new Request { ChargeAccount = back }, 2, nowMs);
            account.Commit();
        }
    }

    private Session Start(uint uid = 1000) =>
        _world.StartProcess($"p{uid}", new Credentials { Uid = uid, Gid = uid }, "/", 600_000);

    private long Sum() => ((Account)_world.Find(Account)!.Machine).Sum;

    private Errno Make(Session session, ulong number, string name, int size)
    {
        var got = Call(session, World.DirectoryOf(number, Kind.Mqueue), ChargeSteps.GetOf(name, size, Rlimit));
        if (got.Errno != 0) return (Errno)got.Errno;
        var opened = OpenMade(session, number, got);
        return Close(session, number, got.Got.Id, opened);
    }

    private (int Id, long Number) Open(Session session, ulong number, string name, int size)
    {
        var got = Call(session, World.DirectoryOf(number, Kind.Mqueue), ChargeSteps.GetOf(name, size, Rlimit));
        return (got.Got.Id, OpenMade(session, number, got));
    }

    private long OpenMade(Session session, ulong number, Result got)
    {
        var open = new DescriptionOpen { Flags = FileFlags.O_RDWR, CreatedBy = got.Seq };
        var call = new Call { Description = new DescriptionCall { Open = open } };
        return Call(session, QueueOf(number, got.Got.Id), call).DescriptionOpened.Number;
    }

    private Errno Close(Session session, ulong number, int id, long description)
    {
        var close = new DescriptionCall { Close = new DescriptionClose { Number = description } };
        return (Errno)Call(session, QueueOf(number, id), new Call { Description = close }).Errno;
    }

    private Errno Unlink(Session session, ulong number, string name) => (Errno)Call(
        session, World.DirectoryOf(number, Kind.Mqueue), new Call { Remove = new Remove { Name = name } }).Errno;

    private Result Call(Session session, EntityKey to, Call call)
    {
        _world.Arrived.Clear();
        _world.Call(session, to, call);
        return Assert.Single(_world.Arrived).Result;
    }

    private static EntityKey QueueOf(ulong number, int id) =>
        new() { Kind = Kind.Mqueue, Namespace = number, Id = id };
}
