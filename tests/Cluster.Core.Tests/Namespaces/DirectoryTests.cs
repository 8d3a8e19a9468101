using Cluster.Core.Machines;
using Cluster.Core.Namespaces;
using Cluster.Core.Objects.MessageQueues;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Namespaces;

/// <summary>The directory, between its objects and its callers: held calls, overruled refusals, late answers.</summary>
public sealed class DirectoryTests
{
    private readonly Dictionary<EntityKey, ulong> _asked = [];
    private readonly ObjectDirectory _directory = new(World.DirectoryOf(1), new MessageQueueKind());
    private readonly Executor _executor;
    private readonly Dictionary<int, ulong> _seqs = [];
    private long _msgmni = 100;

    public DirectoryTests() => _executor = new Executor(_directory);

    [Fact]
    public void Calls_on_a_key_wait_until_the_removal_of_its_object_is_decided()
    {
        Assert.Equal(0, Created(2, key: 42));
        Assert.Empty(Remove(2, 0));
        Assert.Empty(Get(3, 42, IpcFlags.IPC_CREAT | IpcFlags.IPC_EXCL));
        Assert.Empty(Get(4, 42, 0));
        Assert.Empty(Remove(5, 0));
        var results = Answer(Destroyed(0));
        Assert.Equal(
            [(2, Errno.None, null), (3, Errno.None, 32_768), (4, Errno.None, 32_768), (5, Errno.EINVAL, (int?)null)],
            results.Select(each => (each.Pid, (Errno)each.Result.Errno, each.Result.Got?.Id)));
    }

    [Fact]
    public void A_refused_removal_changes_nothing()
    {
        Created(2, key: 42);
        Remove(3, 0);
        Get(4, 42, IpcFlags.IPC_CREAT | IpcFlags.IPC_EXCL);
        var results = Answer(Destroyed(0, Errno.EPERM));
        Assert.Equal([(3, Errno.EPERM), (4, Errno.EEXIST)],
            results.Select(each => (each.Pid, (Errno)each.Result.Errno)));
    }

    [Fact]
    public void A_removal_under_way_cannot_be_cancelled_or_turned_away()
    {
        Created(2, key: 42);
        Remove(2, 0);
        var again = Submit(2, new Call { Seq = _seqs[2], Remove = new Remove { Id = 0 } });
        _directory.Submit(new Submit { Stamp = again.Stamp, Cancels = { _seqs[2] } }, 0);
        _directory.TurnAway(again, 0);
        Assert.Empty(Take());
        Assert.Equal((int)Errno.None, Assert.Single(Answer(Destroyed(0))).Result.Errno);
    }

    [Fact]
    public void A_held_call_that_is_cancelled_never_runs()
    {
        Created(2, key: 42);
        Remove(2, 0);
        Get(3, 42, IpcFlags.IPC_CREAT);
        var cancel = Submit(3, null);
        cancel.Cancels.Add(1);
        _directory.Submit(cancel, 0);
        Assert.Equal((int)Errno.EINTR, Assert.Single(Take()).Result.Errno);
        _directory.Submit(new Submit { Stamp = cancel.Stamp, Ack = 2 }, 0);
        Assert.Equal(2, Assert.Single(Answer(Destroyed(0))).Pid);
        Assert.Equal((int)Errno.ENOENT, Assert.Single(Get(4, 42, 0)).Result.Errno);
    }

    [Fact]
    public void A_destroyed_directory_removes_objects_despite_their_permissions()
    {
        Created(2, key: 42);
        Remove(3, 0);
        _directory.Ask(new Request { DestroyDirectory = new DestroyDirectory() }, 5, 0);
        Take();
        Answer(Destroyed(0, Errno.EPERM)); // the answer to what pid 3 had asked
        Answer(Destroyed(0));
        Assert.Empty(_executor.Ready.Replies);
        _directory.OnReply(Destroyed(0), 0);
        _executor.TryBeginWrite(out _);
        _executor.Committed();
        Assert.Equal(5ul, Assert.Single(_executor.Ready.Replies).Token);
        Assert.Equal((int)Errno.EIDRM, Assert.Single(Get(2, 0, 0)).Result.Errno);
    }

    [Fact]
    public void A_volatile_object_can_be_claimed_once()
    {
        Created(2, key: 42, isVolatile: true);
        Assert.Equal(Errno.None, Claim(0, incarnation: 1));
        Assert.Equal(Errno.None, Claim(0, incarnation: 1));
        Assert.Equal(Errno.EIDRM, Claim(0, incarnation: 2));
        Assert.Equal(Errno.EIDRM, Claim(0, incarnation: 1));
        Assert.Equal((int)Errno.EIDRM, Assert.Single(Remove(2, 0)).Result.Errno);
        Assert.Equal(Errno.EINVAL, Claim(7, incarnation: 1));
    }

    [Fact]
    public void An_object_with_a_journal_may_claim_any_number_of_times()
    {
        Created(2, key: 42);
        Assert.Equal(Errno.None, Claim(0, incarnation: 1));
        Assert.Equal(Errno.None, Claim(0, incarnation: 2));
    }

    [Fact]
    public void Ids_follow_a_naive_allocator()
    {
        // ipc_idr_alloc: the lowest free index; the next sequence whenever the index is not above the last one.
        var random = new Random(7);
        SortedDictionary<int, int> ids = [];
        var (sequence, last) = (0, -1);
        for (var step = 0; step < 2_000; step++)
        {
            if (random.Next(2) == 0 && ids.Count > 0)
            {
                var index = ids.Keys.ElementAt(random.Next(ids.Count));
                RemoveForGood(ids[index]);
                ids.Remove(index);
                continue;
            }

            if (ids.Count >= 60) continue;
            var lowest = Enumerable.Range(0, 61).First(index => !ids.ContainsKey(index));
            if (lowest <= last) sequence = (sequence + 1) % 65_536;
            last = lowest;
            ids[lowest] = (sequence * 32_768) + lowest;
            Assert.Equal(ids[lowest], Created(2, key: 0));
        }
    }

    [Fact]
    public void Ids_stay_positive_when_msgmni_grows_beyond_15_bits()
    {
        // In 15-bit mode the sequence grows up to 65,535; with 24 bits of index there are but 7 for it.
        for (var turn = 0; turn < 300; turn++) RemoveForGood(Created(2, key: 0));
        HashSet<int> all = [Created(2, key: 0)];
        _msgmni = 100_000;
        for (var turn = 0; turn < 300; turn++)
        {
            var id = Created(2, key: 0);
            Assert.True(id >= 0 && all.Add(id), $"{id}");
        }
    }

    private int Created(int pid, int key, bool isVolatile = false)
    {
        var get = new Get { Key = key, Flags = IpcFlags.IPC_CREAT | IpcFlags.IPC_EXCL | 0x1B6, Volatile = isVolatile };
        return Assert.Single(Call(pid, new Call { Get = get })).Result.Got.Id;
    }

    private void RemoveForGood(int id)
    {
        Remove(2, id);
        Answer(Destroyed(id));
        Answer(Destroyed(id)); // the object has forgotten itself
    }

    private List<(int Pid, Result Result)> Get(int pid, int key, int flags) =>
        Call(pid, new Call { Get = new Get { Key = key, Flags = flags } });

    private List<(int Pid, Result Result)> Remove(int pid, int id) =>
        Call(pid, new Call { Remove = new Remove { Id = id } });

    private List<(int Pid, Result Result)> Call(int pid, Call call)
    {
        call.Seq = _seqs[pid] = _seqs.GetValueOrDefault(pid) + 1;
        _directory.Submit(Submit(pid, call), 0);
        return Take();
    }

    private Errno Claim(int id, ulong incarnation)
    {
        _directory.Ask(new Request { Claim = new Claim { Id = id, Incarnation = incarnation } }, 1, 0);
        _executor.TryBeginWrite(out _);
        _executor.Committed();
        var reply = Assert.Single(_executor.Ready.Replies).Reply;
        _executor.Ready.Clear();
        return (Errno)reply.Errno;
    }

    private List<(int Pid, Result Result)> Answer(Reply reply)
    {
        _directory.OnReply(reply, 0);
        return Take();
    }

    private List<(int Pid, Result Result)> Take()
    {
        _executor.TryBeginWrite(out _, lazy: true);
        _executor.Committed();
        _directory.CheckInvariants();
        foreach (var request in _executor.Ready.Requests) _asked[request.To] = request.Id;
        List<(int Pid, Result Result)> results = [.. _executor.Ready.Results];
        _executor.Ready.Clear();
        return results;
    }

    // The answer to the last request to the queue.
    private Reply Destroyed(int id, Errno errno = Errno.None) =>
        new() { Id = _asked[World.QueueOf(1, id)], From = World.QueueOf(1, id), Errno = (int)errno };

    private Submit Submit(int pid, Call? call)
    {
        var limits = new Limits { Msgmni = _msgmni, Msgmnb = 16_384, Msgmax = 8_192 };
        var credentials = new Credentials { Uid = 1000 };
        var submit = new Submit { Stamp = new Stamp { Pid = pid, Credentials = credentials, Limits = limits } };
        if (call is not null) submit.Calls.Add(call);
        return submit;
    }
}
