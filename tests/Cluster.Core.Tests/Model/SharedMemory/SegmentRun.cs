using Cluster.Core.Machines;
using Cluster.Core.Memory;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;
using Google.Protobuf;

namespace Cluster.Core.Tests.Model.SharedMemory;

/// <summary>
/// A random run of some processes on some segments in a whole cluster - directory, segments, extents, processes - and
/// on the model, which must say the same. One seed is one run.
/// </summary>
public sealed class SegmentRun
{
    private const int Shmmax = 300_000, Shmall = 160, Shmmni = 6;
    private static readonly int[] Modes = [0x180, 0x1FF, 0x1B6, 0x1B6, 0x1A4, 0x124, 0x092, 0];
    private static readonly long[] Sizes = [0, 1, 100, 4_096, 8_000, 262_145, Shmmax, Shmmax + 1];

    private readonly Random _random;
    private readonly List<Session> _sessions = [];
    private readonly List<SegmentModel> _segments = [];
    private readonly List<(Session Owner, SegmentModel Segment, ShmAttachment Own)> _attachments = [];
    private readonly Dictionary<int, string> _lastOutcome = [];
    private readonly Queue<string> _last = new();
    private string _operation = "";
    private int _names;

    public SegmentRun(int seed, ExecutorOptions? options = null)
    {
        _random = new Random(seed);
        World = new World(options);
        var root = World.StartProcess("root", new Credentials(), "/", 1_000_000);
        foreach (var (name, value) in new[] { ("shmmax", Shmmax), ("shmall", Shmall), ("shmmni", Shmmni) })
            World.Call(
                root, World.NamespaceOf(1), new Call { LimitsSet = new LimitsSet { Name = name, Value = value } });
        for (var count = 0; count < 6; count++) StartProcess();
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
            _last.Enqueue($"{World.NowMs % 1_000_000_000} {_operation}");
            if (_last.Count > 40) _last.Dequeue();
        }
    }

    private void Act(Session who)
    {
        switch (_random.Next(1_000))
        {
            case < 110: Get(who); break;
            case < 250: Attach(who); break;
            case < 370: Detach(who); break;
            case < 420: Stat(who, AnySegment()); break;
            case < 450: Set(who); break;
            case < 480: Lock(who); break;
            case < 530: Remove(who); break;
            case < 640: Read(); break;
            case < 760: Write(); break;
            case < 880: Operate(); break;
            case < 920: Again(who); break;
            case < 960: World.Advance(_random.Next(3_000)); break;
            case < 975: Exit(who); break;
            default: Crash(); break;
        }
    }

    // ---- calls ----

    private void Get(Session who)
    {
        var key = _random.Next(4);
        var size = Sizes[_random.Next(Sizes.Length)];
        var flags = _random.Next(4) * IpcFlags.IPC_CREAT | Modes[_random.Next(Modes.Length)];
        var call = new Call { Get = new Get { Key = key, Size = size, Flags = flags } };
        var result = Make(who, World.SegmentDirectoryOf(1), call);
        var found = key == 0 ? null : _segments.Find(each => each.Key == key);
        var creates = key == 0 || (flags & IpcFlags.IPC_CREAT) != 0;
        string expected;
        if (found is not null)
        {
            var isExclusive = (flags & 0x600) == 0x600;
            expected = isExclusive ? "EEXIST" : size > found.Size ? "EINVAL" : $"id {found.Id}";
        }
        else if (!creates) expected = "ENOENT";
        else if (size is 0 or > Shmmax) expected = "EINVAL";
        else if (_segments.Sum(each => each.Pages) + (size + 4095) / 4096 > Shmall || _segments.Count >= Shmmni)
            expected = "ENOSPC";
        else
        {
            var id = result.Got?.Id ?? -1;
            Assert.DoesNotContain(_segments, each => each.Id == id);
            _segments.Add(new SegmentModel(id, key, size, who.Credentials, flags, who.Pid, World.NowMs));
            expected = $"id {id}";
        }

        Same(who, expected, result);
        if (found is null || result.Got is null) return;
        var access = Make(who, Key(found), new Call { Access = new Access { Flags = flags } });
        Same(who, found.Access(who.Credentials, flags), access);
    }

    private void Attach(Session who)
    {
        if (AnySegment() is not { } segment) return;
        int[] all = [0, 0, 0, 0x1000, 0x1000, 0x2000, 0x4000, 0x8000, 0x9000];
        var flags = all[_random.Next(all.Length)];
        var result = Make(who, Key(segment), new Call { Shmat = new ShmAt { Flags = flags } });
        Same(who, segment.Attach(who.Pid, who.Credentials, flags, World.NowMs), result);
        if (result.ShmAttachment is { } own) _attachments.Add((who, segment, own));
    }

    private void Detach(Session who)
    {
        if (_attachments.Count == 0) return;
        var (owner, segment, own) = _attachments[_random.Next(_attachments.Count)];
        if (_random.Next(10) != 0) who = owner;
        var result = Make(who, Key(segment), new Call { Shmdt = new ShmDt { Attachment = own.Id } });
        Same(who, segment.IsGone ? "EINVAL" : segment.Detach(who.Pid, own.Id, World.NowMs), result);
        if (who == owner && _random.Next(10) != 0)
            _attachments.RemoveAll(each => each.Segment == segment && each.Own == own);
        Bury();
    }

    private void Stat(Session who, SegmentModel? segment)
    {
        if (segment is null) return;
        var any = _random.Next(2) == 0;
        var result = Make(who, Key(segment), new Call { Shmstat = new ShmStat { Any = any } });
        Same(who, segment.Stat(who.Credentials, any), result);
    }

    private void Set(Session who)
    {
        if (AnySegment() is not { } segment) return;
        uint[] ids = [1000, 1000, 2000, 4000, uint.MaxValue];
        var set = new ShmSet
        {
            Uid = ids[_random.Next(5)], Gid = ids[_random.Next(5)] / 10, Mode = (uint)_random.Next(0x1000),
        };
        if (set.Gid == uint.MaxValue / 10) set.Gid = uint.MaxValue;
        var result = Make(who, Key(segment), new Call { Shmset = set });
        Same(who, segment.Set(who.Credentials, set, World.NowMs), result);
    }

    private void Lock(Session who)
    {
        if (AnySegment() is not { } segment) return;
        var locks = _random.Next(2) == 0;
        var result = Make(who, Key(segment), new Call { Shmlock = new ShmLock { Unlock = !locks } });
        Same(who, segment.Lock(who.Credentials, locks), result);
    }

    private void Remove(Session who)
    {
        if (AnySegment() is not { } segment) return;
        var result = Make(who, World.SegmentDirectoryOf(1), new Call { Remove = new Remove { Id = segment.Id } });
        Same(who, segment.Remove(who.Credentials), result);
        Bury();
    }

    private void Read()
    {
        if (!TryPlace(out var who, out var segment, out var own, out var at, out var extent)) return;
        var (offset, length) = ((int)(at % Bounds.ExtentBytes), _random.Next(-1, 30));
        var call = new ShmRead { Capability = own.Capability, Offset = offset, Length = length };
        var result = Make(who, Extents.KeyOf(1, segment.Id, extent), new Call { ShmRead = call });
        if (IsOver(segment, result)) return;
        Same(who, segment.Read(at, extent, offset, length), result);
    }

    private void Write()
    {
        if (!TryPlace(out var who, out var segment, out var own, out var at, out var extent)) return;
        var data = new byte[_random.Next(30)];
        _random.NextBytes(data);
        var offset = (int)(at % Bounds.ExtentBytes);
        var call = new ShmWrite { Capability = own.Capability, Offset = offset, Data = ByteString.CopyFrom(data) };
        var result = Make(who, Extents.KeyOf(1, segment.Id, extent), new Call { ShmWrite = call });
        if (IsOver(segment, result)) return;
        Same(who, segment.Write(at, extent, offset, data, own.ReadOnly), result);
    }

    private void Operate()
    {
        if (!TryPlace(out var who, out var segment, out var own, out var at, out var extent)) return;
        var width = _random.Next(20) == 0 ? 2 : _random.Next(1, 3) * 4;
        if (_random.Next(20) != 0) at -= at % width;
        var call = new ShmAtomic
        {
            Capability = own.Capability,
            Operation = (ShmAtomic.Types.Operation)_random.Next(7),
            Offset = (int)(at % Bounds.ExtentBytes),
            Width = width,
            Operand = unchecked((ulong)_random.NextInt64() << _random.Next(64)),
            Expected = 0,
        };
        var result = Make(who, Extents.KeyOf(1, segment.Id, extent), new Call { ShmAtomic = call });
        if (IsOver(segment, result)) return;
        Same(who, segment.Operate(at, extent, call, own.ReadOnly), result);
    }

    // A process that is not attached any more gets an error, or zeros of bytes that were never written.
    private bool IsOver(SegmentModel segment, Result result)
    {
        if (!segment.IsGone) return false;
        Assert.True(result.Errno != 0 || result.ShmBytes is { Data.IsEmpty: true }, _operation);
        return true;
    }

    private bool TryPlace(
        out Session who, out SegmentModel segment, out ShmAttachment own, out long at, out int extent)
    {
        (who, segment, own, at, extent) = (null!, null!, null!, 0, 0);
        if (_attachments.Count == 0) return false;
        (who, segment, own) = _attachments[_random.Next(_attachments.Count)];
        var places = new[] { 0, 90, 4_090, 262_130, 262_140, segment.Size - 20, segment.Size - 1 };
        at = Math.Max(0, places[_random.Next(places.Length)] + _random.Next(20));
        extent = (int)(at / Bounds.ExtentBytes);
        return true;
    }

    // ---- failure ----

    // A repeated call returns its first result. A repeated read may see the new state.
    private void Again(Session who)
    {
        if (!_lastOutcome.TryGetValue(who.Pid, out var before)) return;
        var (to, call) = who.Last;
        var reads = call.OpCase is Call.OpOneofCase.Shmstat or Call.OpOneofCase.ShmRead or Call.OpOneofCase.Access
            || call.ShmAtomic?.Operation == ShmAtomic.Types.Operation.Load;
        if (reads) return;
        _operation = $"{who.Pid} again {call}";
        World.Arrived.Clear();
        World.Submit(who, to, [call], ack: 0, resent: true);
        var result = World.Arrived.Find(each => each.Session == who && each.Result.Seq == call.Seq).Result;
        var isRefused = before is "EINVAL" or "EFAULT" or "EACCES" or "ENOENT"; // not kept: it may come out otherwise
        if (result is null || isRefused) return;
        Assert.Equal((_operation, before), (_operation, Print(result)));
    }

    private void Exit(Session who)
    {
        _operation = $"{who.Pid} exits";
        World.Exit(who, withAck: _random.Next(2) == 0);
        foreach (var segment in _segments) segment.Exit(who.Pid, World.NowMs);
        _sessions.Remove(who);
        _attachments.RemoveAll(each => each.Owner == who);
        Bury();
        StartProcess();
    }

    private void Crash()
    {
        var keys = _segments.Select(Key).Append(World.SegmentDirectoryOf(1))
            .Concat(_segments.SelectMany(each => new[] { 0, 1 }.Select(index => Extents.KeyOf(1, each.Id, index))))
            .ToArray();
        var key = keys[_random.Next(keys.Length)];
        _operation = $"crash {key}";
        World.Crash(key);
    }

    private void StartProcess()
    {
        var credentials = new CallGenerator(_random).Credentials();
        _sessions.Add(World.StartProcess($"p{_names++}", credentials, "/", 1_000_000));
    }

    // ---- inside ----

    private SegmentModel? AnySegment() => _segments.Count == 0 ? null : _segments[_random.Next(_segments.Count)];

    // The directory has no gone segment; attachments of one may still be tried.
    private void Bury() => _segments.RemoveAll(each => each.IsGone);

    private static EntityKey Key(SegmentModel segment) => World.SegmentOf(1, segment.Id);

    private Result Make(Session who, EntityKey to, Call call)
    {
        World.Arrived.Clear();
        var seq = World.Call(who, to, call);
        var found = World.Arrived.Where(each => each.Session == who && each.Result.Seq == seq).ToArray();
        _operation += $"{who.Pid} {to} {call} => {string.Join(" ; ", found.Select(each => Print(each.Result)))} ";
        var result = Assert.Single(found).Result;
        _lastOutcome[who.Pid] = Print(result);
        return result;
    }

    private void Same(Session who, string expected, Result result)
    {
        var actual = Print(result);
        Assert.Equal((_operation, expected), (_operation, actual));
        var kind = actual.Split(' ', '=')[0];
        Seen[kind] = Seen.GetValueOrDefault(kind) + 1;
    }

    private static string Print(Result result)
    {
        if (result.Errno != 0) return ((Errno)result.Errno).ToString();
        if (result.Got is { } got) return $"id {got.Id}";
        if (result.ShmAttachment is { } own) return $"attached {own.Id} {own.Size} {own.ReadOnly}";
        if (result.ShmWord is { } word) return $"was {word.Previous}";
        if (result.ShmBytes is { } bytes)
            return $"read {Convert.ToHexString(bytes.Data.Span)}"
                + $"{new string('0', 2 * (bytes.Length - bytes.Data.Length))}";
        if (result.SegmentStat is not { } stat) return "ok";
        var owner = stat.Permissions;
        return $"key={owner.Key} uid={owner.Uid} gid={owner.Gid} cuid={owner.Cuid} cgid={owner.Cgid} mode={owner.Mode} "
            + $"segsz={stat.Segsz} nattch={stat.Nattch} atime={stat.Atime} dtime={stat.Dtime} ctime={stat.Ctime} "
            + $"cpid={stat.Cpid} lpid={stat.Lpid} extents={stat.Extents}";
    }
}
