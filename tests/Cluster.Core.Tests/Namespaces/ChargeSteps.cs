using Cluster.Core.Machines;
using Cluster.Core.Namespaces;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Namespaces;

/// <summary>
/// A directory of POSIX message queues and the account of uid 1000. The test carries each message between them.
/// </summary>
internal sealed class ChargeSteps
{
    private readonly Entity _account = new(Account.KeyOf(1000), 1);
    private ulong _token;

    /// <summary>A directory, with so many queues of 97 bytes that were made before there were accounts.</summary>
    public ChargeSteps(int old = 0)
    {
        Directory = new Entity(World.DirectoryOf(1, Kind.Mqueue), 2);
        if (old == 0) return;
        var record = new Protocol.Record();
        for (var id = 0; id < old; id++)
        {
            var entry = new DirectoryEntry
            {
                Id = id,
                Index = id,
                Permissions = new Permissions { Uid = 1000, Mode = 0x180 },
                Name = $"/old{id}",
                Mqueue = new MqueueSize { Maxmsg = 1, Msgsize = 1 },
                Creator = 7,
                CreatorSeq = 1,
            };
            record.Events.Add(new Event { ObjectListed = new ObjectListed { Pid = 7, Seq = (ulong)id + 100, Entry = entry } });
        }

        Directory.Store(new JournalWrite([Google.Protobuf.MessageExtensions.ToByteArray(record)], IsSnapshot: false, old));
        Crash();
    }

    public Entity Directory { get; }

    public long Sum => ((Account)_account.Machine).Sum;

    /// <summary>What the directory has answered to other entities.</summary>
    public List<Reply> Replies { get; } = [];

    private List<Request> Requests { get; } = [];

    private List<Request> All { get; } = [];

    public static Call GetOf(string name, int size = 1, long rlimit = 1_000) => new()
    {
        Get = new Get
        {
            Name = name,
            Flags = IpcFlags.IPC_CREAT,
            Mode = 0x180,
            Mqueue = new MqueueSize { Maxmsg = 1, Msgsize = size },
            RlimitMsgqueue = rlimit,
        },
    };

    public IReadOnlyList<(int Pid, Result Result)> Get(int pid, ulong seq, string name, int size = 1, long rlimit = 1_000)
    {
        var call = GetOf(name, size, rlimit);
        call.Seq = seq;
        var stamp = new Stamp
        {
            Pid = pid, Credentials = new Credentials { Uid = 1000 }, Limits = NamespaceLimits.Defaults, Namespace = 1,
        };
        Directory.Machine.Submit(new Submit { Stamp = stamp, Calls = { call } }, 0);
        return Settle();
    }

    /// <summary>The request of the directory to the account that is under way.</summary>
    public Request Request()
    {
        var request = Requests.Last(each => each.ChargeAccount is not null);
        Requests.Clear();
        return request.Clone();
    }

    /// <summary>The request of the directory that tells a queue to forget itself.</summary>
    public Request Forget(int id) => All.Last(each => each.ForgetObject is not null && each.To.Id == id);

    /// <summary>Gives the account a request, and returns its answer.</summary>
    public Reply Take(Request request)
    {
        _account.Machine.Ask(request.Clone(), ++_token, 0);
        _account.Commit();
        _account.Check(fromStart: true);
        var reply = Assert.Single(_account.Executor.Ready.Replies).Reply.Clone();
        _account.Executor.Ready.Clear();
        return reply;
    }

    /// <summary>Carries the request of the directory to the account.</summary>
    public Reply Charge() => Take(Request());

    /// <summary>Gives the directory an answer of the account, and returns the results that leave.</summary>
    public IReadOnlyList<(int Pid, Result Result)> Answer(Reply reply)
    {
        Directory.Machine.OnReply(reply.Clone(), 0);
        return Settle();
    }

    /// <summary>A queue has ended; returns whether the directory has confirmed that.</summary>
    public IReadOnlyList<Reply> End(int id) => Ask(new Request { EndObject = new EndObject { Id = id } });

    /// <summary>A new life of a queue asks whether the queue exists; the answer may be in <see cref="Replies"/> later.</summary>
    public void Claim(int id) => Ask(new Request { Claim = new Claim { Id = id, Incarnation = 9, HasPast = true } });

    public IReadOnlyList<Reply> Exit(int pid) => Ask(new Request { ProcessExited = new ProcessExited { Pid = pid } });

    /// <summary>The node of the directory dies, and another one has it.</summary>
    public void Crash()
    {
        Requests.Clear();
        Directory.Crash(++_token + 10);
        Directory.Machine.Recovered(0);
        Settle();
    }

    private IReadOnlyList<Reply> Ask(Request request)
    {
        Replies.Clear();
        Directory.Machine.Ask(request, ++_token, 0);
        Settle();
        return Replies;
    }

    private IReadOnlyList<(int Pid, Result Result)> Settle()
    {
        Directory.Commit();
        Directory.Check(fromStart: true);
        var ready = Directory.Executor.Ready;
        (int Pid, Result Result)[] results = [.. ready.Results.Select(each => (each.Pid, each.Result.Clone()))];
        Replies.AddRange(ready.Replies.Select(each => each.Reply));
        Requests.AddRange(ready.Requests);
        All.AddRange(ready.Requests);
        ready.Clear();
        return results;
    }
}
