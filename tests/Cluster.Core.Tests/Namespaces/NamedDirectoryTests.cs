using Cluster.Core.Machines;
using Cluster.Core.Namespaces;
using Cluster.Core.Objects.MessageQueues;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Namespaces;

/// <summary>A directory of a kind with named objects: mq_overview(7).</summary>
public sealed class NamedDirectoryTests
{
    private readonly ObjectDirectory _directory = new(World.DirectoryOf(1), new NamedKind());
    private readonly Executor _executor;
    private ulong _seq;

    public NamedDirectoryTests() => _executor = new Executor(_directory);

    [Fact]
    public void A_name_leads_to_its_object()
    {
        var first = Get("/one", IpcFlags.IPC_CREAT);
        Assert.False(first.Got.Existed);
        Assert.NotEqual(first.Got.Id, Get("/two", IpcFlags.IPC_CREAT).Got.Id);
        var again = Get("/one", 0);
        Assert.Equal((first.Got.Id, true), (again.Got.Id, again.Got.Existed));
        Assert.Equal(Errno.EEXIST, (Errno)Get("/one", IpcFlags.IPC_CREAT | IpcFlags.IPC_EXCL).Errno);
        Assert.Equal(Errno.ENOENT, (Errno)Get("/three", 0).Errno);
    }

    [Fact]
    public void A_get_without_a_name_is_invalid()
    {
        Assert.Equal(Errno.EINVAL, (Errno)Get("", IpcFlags.IPC_CREAT).Errno);
    }

    [Fact]
    public void A_listing_and_a_snapshot_have_the_names()
    {
        Get("/one", IpcFlags.IPC_CREAT);
        Get("/two", IpcFlags.IPC_CREAT);
        var listing = Call(new Call { List = new List { AfterId = -1 } }).Listing;
        Assert.Equal(["/one", "/two"], listing.Names);
        var restored = new ObjectDirectory(World.DirectoryOf(1), new NamedKind());
        restored.Restore(_directory.TakeSnapshot());
        restored.CheckInvariants();
        Assert.Equal(_directory.TakeSnapshot(), restored.TakeSnapshot());
    }

    [Fact]
    public void A_kind_with_keys_takes_no_name()
    {
        var keyed = new ObjectDirectory(World.DirectoryOf(1), new MessageQueueKind());
        var executor = new Executor(keyed);
        keyed.Submit(Submit(new Call { Seq = 1, Get = new Get { Name = "/one", Flags = IpcFlags.IPC_CREAT } }), 0);
        Assert.Equal(Errno.EINVAL, (Errno)Assert.Single(executor.Ready.Results).Result.Errno);
    }

    private Result Get(string name, int flags) =>
        Call(new Call { Get = new Get { Name = name, Flags = flags | 0x1B6 } });

    private Result Call(Call call)
    {
        call.Seq = ++_seq;
        _directory.Submit(Submit(call), 0);
        if (_executor.TryBeginWrite(out _)) _executor.Committed();
        _directory.CheckInvariants();
        var result = Assert.Single(_executor.Ready.Results).Result;
        _executor.Ready.Clear();
        return result;
    }

    private static Submit Submit(Call call) => new()
    {
        Stamp = new Stamp { Pid = 7, Credentials = new Credentials(), Limits = NamespaceLimits.Defaults },
        Calls = { call },
    };

    private sealed class NamedKind() : ObjectKind(Kind.MessageQueue, "mq", 'n', "msgmni")
    {
        public override bool IsNamed => true;

        public override ObjectMachine Create(EntityKey key) => new MessageQueue(key);
    }
}
