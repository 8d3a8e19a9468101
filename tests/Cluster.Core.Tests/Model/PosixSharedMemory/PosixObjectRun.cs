using Cluster.Core.Machines;
using Cluster.Core.Memory;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Tests.Model.PosixSharedMemory;

/// <summary>
/// A random run of some processes on some POSIX shared memory objects in a whole cluster - directory, objects, extents,
/// processes - and on the model, which must say the same. One seed is one run.
/// </summary>
public sealed partial class PosixObjectRun
{
    private const int NobodysPid = 1_000_000; // no run starts so many processes

    private const int NoPid = 7; // the world begins above

    private static readonly string[] Names = ["/a", "a", "///b", "c"];
    private static readonly uint[] Modes = [0x180, 0x1FF, 0x1B6, 0x1B6, 0x1A4, 0x124, 0x092];
    private static readonly EntityKey Directory = World.DirectoryOf(1, Kind.PosixSharedMemory);

    private readonly Random _random;
    private readonly List<Session> _sessions = [];
    private readonly Dictionary<string, PosixObjectModel> _byName = [];
    private readonly List<PosixObjectModel> _objects = [];  // not gone
    private readonly List<Access> _accesses = [];           // also to objects that are gone
    private readonly Dictionary<int, string> _lastOutcome = [];
    private readonly Queue<string> _last = new();
    private string _operation = "";
    private int _names;

    public PosixObjectRun(int seed, ExecutorOptions? options = null)
    {
        _random = new Random(seed);
        World = new World(options);
        for (var count = 0; count < 5; count++) StartProcess();
    }

    public World World { get; }

    /// <summary>The last operations and their results.</summary>
    public IEnumerable<string> Last => _last;

    /// <summary>How often each outcome was seen.</summary>
    public Dictionary<string, int> Seen { get; } = [];

    public void Step()
    {
        _operation = "";
        try
        {
            Act(_sessions[_random.Next(_sessions.Count)]);
        }
        finally
        {
            _last.Enqueue(_operation);
            if (_last.Count > 40) _last.Dequeue();
        }
    }

    private void Act(Session who)
    {
        switch (_random.Next(1_000))
        {
            case < 90: Open(who); break;
            case < 150: Close(who); break;
            case < 180: Share(who); break;
            case < 200: Unlink(who); break;
            case < 300: Truncate(who); break;
            case < 350: Map(who); break;
            case < 390: Unmap(who); break;
            case < 420: Stat(who); break;
            case < 460: Grant(who); break;
            case < 620: Read(); break;
            case < 760: Write(); break;
            case < 880: Operate(); break;
            case < 915: Again(who); break;
            case < 935: World.Advance(_random.Next(3_000)); break;
            case < 950: Exit(who); break;
            default: Crash(); break;
        }
    }

    // ---- calls on the object ----

    private void Open(Session who)
    {
        var name = Pick(Names);
        var flags = Pick([0, 1, 2, 2, 2, 2]) | (_random.Next(5) == 0 ? FileFlags.O_TRUNC : 0);
        var (creates, excludes) = (_random.Next(3) != 0, _random.Next(4) == 0);
        var get = new Get
        {
            Name = name,
            Mode = Pick(Modes),
            Flags = (creates ? IpcFlags.IPC_CREAT : 0) | (excludes ? IpcFlags.IPC_EXCL : 0),
        };
        var found = Make(who, Directory, new Call { Get = get });
        var seq = who.NextSeq - 1;
        var existed = _byName.TryGetValue(name.Trim('/'), out var model);
        if (!existed && !creates)
        {
            Same("ENOENT", found);
        }
        else if (existed && creates && excludes)
        {
            Same("EEXIST", found);
        }
        else
        {
            if (model is null)
            {
                model = new PosixObjectModel(found.Got?.Id ?? -1, who.Credentials, get.Mode);
                _objects.Add(_byName[name.Trim('/')] = model);
            }

            Same($"id {model.Id}", found);
            var open = new DescriptionOpen { Flags = flags, CreatedBy = existed ? 0 : seq };
            var opened = Describe(who, model, new DescriptionCall { Open = open });
            Same(model.Open(who.Pid, who.Credentials, flags, !existed), opened);
            if (opened.DescriptionOpened is { } own && (flags & FileFlags.O_TRUNC) != 0 && existed)
                Truncate(who, model, own.Number, new() { Opens = true });
        }
    }

    private void Close(Session who)
    {
        if (!TryHeld(who, out var model, out var number)) return;
        var closed = Describe(who, model, new DescriptionCall { Close = new DescriptionClose { Number = number } });
        Same(model.Close(who.Pid, number), closed);
        Bury();
    }

    private void Share(Session who)
    {
        if (!TryHeld(who, out var model, out var number)) return;
        var other = _random.Next(8) == 0 ? NoPid : Pick(_sessions).Pid;
        var share = new DescriptionShare { Number = number, Pid = other };
        var shared = Describe(who, model, new DescriptionCall { Share = share });
        Same(model.Share(who.Pid, number, other, other != NoPid), shared);
    }

    private void Unlink(Session who)
    {
        var name = Pick(Names);
        var result = Make(who, Directory, new Call { Remove = new Remove { Name = name } });
        var expected = _byName.TryGetValue(name.Trim('/'), out var model) ? model.Unlink(who.Credentials) : "ENOENT";
        if (expected == "ok") _byName.Remove(name.Trim('/'));
        Same(expected, result);
        Bury();
    }

    private void Truncate(Session who)
    {
        if (!TryHeld(who, out var model, out var number)) return;
        long[] lengths =
        [
            0, 100, 4_095, 4_096, 8_000, 262_130, 262_144, 262_145, 270_000, 524_289, 600_000, 600_000, 600_000, -1,
            (1L << 47) + 1,
        ];
        var (grows, opens) = (_random.Next(4) == 0, _random.Next(8) == 0);
        Truncate(who, model, number, new() { Length = Pick(lengths), Grows = grows, Opens = opens });
    }

    private void Truncate(Session who, PosixObjectModel model, long number, PosixSharedMemoryTruncate truncate)
    {
        truncate.Description = number;
        var result = Ask(who, model, new PosixSharedMemoryCall { Truncate = truncate });
        Same(model.Truncate(who.Pid, truncate), result);
    }

    private void Map(Session who)
    {
        if (!TryHeld(who, out var model, out var number)) return;
        var map = new PosixSharedMemoryMap
        {
            Description = number,
            Offset = Pick([0L, 0, 0, 4_096, 100, -4_096]),
            Length = Pick([1L, 4_096, 700_000, 700_000, 700_000, 0, -1, (1L << 47) + 1]),
            Writes = _random.Next(2) == 0,
        };
        var result = Ask(who, model, new PosixSharedMemoryCall { Map = map });
        Same(model.Map(who.Pid, map), result);
        if (result.ShmAttachment is { } own)
            _accesses.Add(new Access(who, model, own.Capability, map.Writes ? FileFlags.O_RDWR : 0, own.Id));
    }

    private void Unmap(Session who)
    {
        if (_accesses.Count == 0 || Pick(_accesses) is not { Mapping: > 0 } access) return;
        if (_random.Next(10) != 0) who = access.Owner;
        var unmap = new PosixSharedMemoryUnmap { Mapping = access.Mapping };
        var result = Ask(who, access.Model, new PosixSharedMemoryCall { Unmap = unmap });
        Same(access.Model.Unmap(who.Pid, access.Mapping), result);
        if (_random.Next(3) != 0) _accesses.Remove(access);
        Bury();
    }

    private void Stat(Session who)
    {
        if (_objects.Count == 0) return;
        var model = Pick(_objects);
        Same(model.Stat(), Describe(who, model, new DescriptionCall { Stat = new DescriptionStat() }));
    }

    private void Grant(Session who)
    {
        if (!TryHeld(who, out var model, out var number)) return;
        var access = new PosixSharedMemoryAccess { Description = number };
        var result = Ask(who, model, new PosixSharedMemoryCall { Access = access });
        var flags = model.Holds(who.Pid, number) ? model.Descriptions[number].Flags & FileFlags.O_ACCMODE : -1;
        Same(flags < 0 ? "EBADF" : $"access {flags} {model.Size}", result);
        if (result.PosixSharedMemoryGrant is { } grant)
            _accesses.Add(new Access(who, model, grant.Capability, flags, Mapping: 0));
    }

    // ---- memory ----

    private void Read()
    {
        if (!TryPlace(out var access, out var extent, out var offset)) return;
        var read = new ShmRead
        {
            Capability = access.Capability, Offset = offset, Length = _random.Next(-1, 40), Partial = _random.Next(2) == 0,
        };
        var result = Make(access.Owner, Extent(access, extent), new Call { ShmRead = read });
        Same(access.Model.Read(extent, read, access.Mode), result);
    }

    private void Write()
    {
        if (!TryPlace(out var access, out var extent, out var offset)) return;
        var data = new byte[_random.Next(40)];
        _random.NextBytes(data);
        var write = new ShmWrite
        {
            Capability = access.Capability, Offset = offset, Data = ByteString.CopyFrom(data),
        };
        var result = Make(access.Owner, Extent(access, extent), new Call { ShmWrite = write });
        Same(access.Model.Write(extent, offset, data, access.Mode), result);
    }

    private void Operate()
    {
        if (!TryPlace(out var access, out var extent, out var offset)) return;
        var width = _random.Next(20) == 0 ? 2 : _random.Next(1, 3) * 4;
        if (_random.Next(20) != 0) offset -= offset % width;
        var call = new ShmAtomic
        {
            Capability = access.Capability,
            Operation = (ShmAtomic.Types.Operation)_random.Next(7),
            Offset = offset,
            Width = width,
            Operand = unchecked((ulong)_random.NextInt64() << _random.Next(64)),
        };
        var result = Make(access.Owner, Extent(access, extent), new Call { ShmAtomic = call });
        Same(access.Model.Operate(extent, call, access.Mode), result);
    }

    private bool TryPlace(out Access access, out int extent, out int offset)
    {
        (access, extent, offset) = (null!, 0, 0);
        if (_accesses.Count == 0) return false;
        access = Pick(_accesses);
        long[] places = [0, 90, 4_080, 8_180, 262_120, 262_130, 599_990, access.Model.Size - 20, access.Model.Size - 1];
        var at = Math.Max(0, Pick(places) + _random.Next(20));
        (extent, offset) = ((int)(at / Bounds.ExtentBytes), (int)(at % Bounds.ExtentBytes));
        return true;
    }

    private sealed record Access(Session Owner, PosixObjectModel Model, ulong Capability, int Mode, long Mapping);
}
