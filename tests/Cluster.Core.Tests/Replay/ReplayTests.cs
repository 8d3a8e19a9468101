using Cluster.Core.Machines;
using Cluster.Core.Namespaces;
using Cluster.Core.Processes;
using Cluster.Core.Tests.Model;
using Cluster.Core.Tests.Model.MessageQueues;
using Cluster.Core.Tests.Model.SemaphoreSets;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Tests.Replay;

/// <summary>
/// After every input the state of every kind equals that of its journal: row by row, from the start, and by a
/// snapshot.
/// </summary>
public sealed class ReplayTests
{
    private const int Steps = 3_000;

    // Snapshots often, and in many rows.
    private static readonly ExecutorOptions Small =
        new() { SnapshotAfterBytes = 300, SnapshotAfterTimes = 1, SnapshotPartBytes = 50 };

    private static readonly ExecutorOptions Never = new() { SnapshotAfterBytes = long.MaxValue };

    public static TheoryData<int, bool> Runs() => new()
    {
        { 1, true }, { 2, true }, { 3, true }, { 4, false }, { 5, false },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_message_queue_is_the_state_of_its_journal(int seed, bool snapshots) =>
        Run(new QueueRun(seed, snapshots ? Small : Never), snapshots);

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_semaphore_set_is_the_state_of_its_journal(int seed, bool snapshots) =>
        Run(new SetRun(seed, snapshots ? Small : Never), snapshots);

    private static void Run(ObjectRun run, bool snapshots)
    {
        var count = 0;
        for (var step = 0; step < Steps; step++)
        {
            run.Step();
            run.Host.Entity.Check(fromStart: step % 10 == 0);
            if (run.Host.Entity.Snapshots is { Count: > 2, Parts: > 2 }) count++;
        }

        Assert.Equal(snapshots, count > 0);
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_directory_is_the_state_of_its_journal(int seed, bool snapshots) =>
        Run(seed, snapshots, seed => new EntityRun(
            seed, World.DirectoryOf(1), snapshots ? Small : Never)
        {
            NewCall = NewDirectoryCall,
            NewRequest = NewDirectoryRequest,
            NewReply = (random, request) => new Reply
            {
                Errno = request.DestroyObject?.Credentials is null ? 0 : random.Next(2) * (int)Errno.EPERM,
            },
        });

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_directory_with_charges_is_the_state_of_its_journal(int seed, bool snapshots) =>
        Run(seed, snapshots, seed => new EntityRun(
            seed, World.DirectoryOf(1, Kind.Mqueue), snapshots ? Small : Never)
        {
            NewCall = NewNameCall,
            NewRequest = random => random.Next(8) == 0
                ? NewDirectoryRequest(random)
                : new Request { EndObject = new EndObject { Id = random.Next(8) } },
            NewReply = (random, request) => request.ChargeAccount is { } asked
                ? new Reply { Charged = Refuse(random, asked) }
                : new Reply { Lingering = random.Next(2) == 0 ? new Lingering() : null },
        });

    [Theory]
    [MemberData(nameof(Runs))]
    public void An_account_is_the_state_of_its_journal(int seed, bool snapshots) =>
        Run(seed, snapshots, seed => new EntityRun(
            seed, Account.KeyOf(1000), snapshots ? Small : Never)
        {
            NewCall = _ => new Call { List = new List() },
            NewRequest = random => new Request { ChargeAccount = NewCharges(random) },
            NewReply = (_, _) => new Reply(),
        });

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_namespace_is_the_state_of_its_journal(int seed, bool snapshots) =>
        Run(seed, snapshots, seed => new EntityRun(
            seed, World.NamespaceOf(1), snapshots ? Small : Never)
        {
            NewCall = NewNamespaceCall,
            NewRequest = random => random.Next(100) switch
            {
                0 => new Request { DestroyNamespace = new DestroyNamespace() },
                < 50 => new Request { LookupChild = new LookupChild { Name = Name(random) } },
                _ => new Request { SubscribeLimits = new SubscribeLimits() },
            },
            NewReply = (random, request) => request.Allocate is null
                ? new Reply()
                : new Reply { Allocated = new Allocated { First = random.NextInt64(2, long.MaxValue) } },
        });

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_process_is_the_state_of_its_journal(int seed, bool snapshots) =>
        Run(seed, snapshots, seed => new EntityRun(
            seed, Core.Processes.Process.KeyOf(7), snapshots ? Small : Never)
        {
            NewCall = SignalCalls.Next,
            NewRequest = NewProcessRequest,
            NewReply = (_, _) => new Reply(),
        });

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_process_table_is_the_state_of_its_journal(int seed, bool snapshots) =>
        Run(seed, snapshots, seed => new EntityRun(
            seed, Core.Processes.ProcessTable.KeyOf(1), snapshots ? Small : Never)
        {
            NewCall = random => new Call { ProcessList = new ProcessList { Limit = random.Next(1, 5) } },
            NewRequest = random => random.Next(100) == 0
                ? new Request { DestroyDirectory = new DestroyDirectory() }
                : new Request { EnlistProcess = new EnlistProcess { Entry = new ProcessEntry { Pid = random.Next(2, 20) } } },
            NewReply = (_, _) => new Reply(),
        });

    [Theory]
    [MemberData(nameof(Runs))]
    public void An_allocator_is_the_state_of_its_journal(int seed, bool snapshots) =>
        Run(seed, snapshots, seed => new EntityRun(
            seed, Core.Namespaces.Allocator.KeyOf(Kind.Process), snapshots ? Small : Never)
        {
            NewCall = _ => new Call { List = new List() },
            NewRequest = random => new Request { Allocate = new Allocate { Count = random.Next(0, 5_000) } },
            NewReply = (_, _) => new Reply(),
        });

    private static void Run(int seed, bool snapshots, Func<int, EntityRun> start)
    {
        // Many short runs: some inputs end everything.
        for (var turn = 0; turn < 10; turn++)
        {
            var run = start(seed * 100 + turn);
            for (var step = 0; step < Steps / 10; step++)
            {
                try
                {
                    run.Step(fromStart: step % 10 == 0);
                }
                catch (Exception cause)
                {
                    var where = $"seed {seed}, turn {turn}, step {step}";
                    throw new InvalidOperationException($"{where}: {cause.Message}", cause);
                }
            }

            if (!snapshots) Assert.Equal(0, run.Entity.Snapshots.Count);
        }
    }

    private static string Name(Random random) => $"n{random.Next(6)}";

    private static Call NewDirectoryCall(Random random) => random.Next(10) switch
    {
        < 5 => new Call
        {
            Get = new Get
            {
                Key = random.Next(6),
                Flags = random.Next(4) * IpcFlags.IPC_CREAT | 0x1B6,
                Volatile = random.Next(3) == 0,
            },
        },
        < 8 => new Call { Remove = new Remove { Id = random.Next(8) + random.Next(3) * 32_768 } },
        8 => new Call { List = new List { AfterId = random.Next(-1, 10) } },
        _ => new Call { Resolve = new Resolve { Index = random.Next(10) } },
    };

    private static Call NewNameCall(Random random) => random.Next(10) switch
    {
        < 6 => new Call
        {
            Get = new Get
            {
                Name = $"/{random.Next(6)}",
                Flags = random.Next(4) * IpcFlags.IPC_CREAT,
                Mqueue = new MqueueSize { Maxmsg = 1, Msgsize = random.Next(1, 100) },
                Volatile = random.Next(3) == 0,
            },
        },
        < 9 => new Call { Remove = new Remove { Name = $"/{random.Next(6)}" } },
        _ => new Call { List = new List { AfterId = random.Next(-1, 10) } },
    };

    private static Charged Refuse(Random random, ChargeAccount asked)
    {
        var charged = new Charged();
        charged.Refused.AddRange(asked.Charges.Select(charge => charge.Number).Where(_ => random.Next(4) == 0));
        return charged;
    }

    // Also numbers that are late, and directories beyond the number that is always kept.
    private static ChargeAccount NewCharges(Random random)
    {
        var asked = new ChargeAccount { Directory = World.DirectoryOf((ulong)random.Next(1, 90), Kind.Mqueue) };
        var first = random.Next(1, 40);
        for (var count = random.Next(4); count > 0; count--)
            asked.Charges.Add(new Charge { Number = first + asked.Charges.Count, Bytes = random.Next(100), Bound = 1_000 });
        for (var count = random.Next(4); count > 0; count--) asked.Released.Add(random.Next(1, 40));
        return asked;
    }

    private static Request NewDirectoryRequest(Random random) => random.Next(200) == 0
        ? new Request { DestroyDirectory = new DestroyDirectory() }
        : new Request
        {
            Claim = new Claim { Id = random.Next(8) + random.Next(3) * 32_768, Incarnation = (ulong)random.Next(1, 3) },
        };

    private static Call NewNamespaceCall(Random random) => random.Next(10) switch
    {
        < 4 => new Call { NamespaceCreate = new NamespaceCreate { Name = Name(random) } },
        < 7 => new Call { NamespaceRemove = new NamespaceRemove { Name = Name(random) } },
        7 => new Call { NamespaceList = new NamespaceList() },
        _ => new Call
        {
            LimitsSet = new LimitsSet
            {
                Name = LimitRow.All[random.Next(3)].Name, Value = random.Next(-1, 9), Inherit = random.Next(3) == 0,
            },
        },
    };

    private static Request NewProcessRequest(Random random)
    {
        switch (random.Next(12))
        {
            case 0:
                return new Request { CloseProcess = new CloseProcess { Ack = (ulong)random.Next(9) } };
            case < 3:
                var token = ByteString.CopyFrom([(byte)random.Next(4)]);
                var started = new ProcessStarted
                {
                    Pid = 7, LeaseMs = 30_000, Token = token, Namespace = 1, NamespacePath = "/",
                    Credentials = new Credentials { Uid = 1000 },
                };
                return new Request { StartProcess = new StartProcess { Process = started } };
            case < 5:
                return new Request { AttachProcess = new AttachProcess { Token = ByteString.CopyFrom([1]) } };
            case < 8:
                return new Request { RenewLease = new RenewLease() };
            default:
                var touch = new TouchEntities();
                for (var count = random.Next(4); count > 0; count--) touch.Keys.Add(World.QueueOf(1, random.Next(40)));
                return new Request { TouchEntities = touch };
        }
    }
}
