using Cluster.Core.Memory;
using Cluster.Core.Tests.Worlds;
using Cluster.Protocol;

namespace Cluster.Core.Tests.Scenarios;

/// <content>Shared memory segments: their names, and the names of attachments.</content>
public sealed partial class ScenarioRunner
{
    private readonly Dictionary<string, (EntityKey Segment, ShmAttachment Attachment)> _attachments = [];

    private string? ActOnSegment(string verb) => verb switch
    {
        "create-shm" => CreateSegment(),
        "shmget" => GetSegment(),
        "shmat" => AttachSegment(),
        "shmdt" => DetachSegment(),
        "shmstat" => Make(Queue(2), new Call { Shmstat = new ShmStat() }),
        "shmstat-index" => StatSegmentIndex(),
        "shmset" => Make(Queue(2), new Call { Shmset = ReadShmSet() }),
        "shmlock" => Make(Queue(2), new Call { Shmlock = new ShmLock() }),
        "shmunlock" => Make(Queue(2), new Call { Shmlock = new ShmLock { Unlock = true } }),
        "shmrm" => Make(Segments, new Call { Remove = new Remove { Id = (int)Queue(2).Id } }),
        "shmlist" => Make(Segments, new Call { List = new List { AfterId = -1 } }),
        "shminfo" => Make(Segments, new Call { DirectoryStat = new DirectoryStat() }),
        "read" => Read(),
        "write" => Write(),
        _ => Operate(verb),
    };

    private EntityKey Segments => World.SegmentDirectoryOf(_caller.Namespace);

    private EntityKey ExtentOf(string segment, int index)
    {
        var key = EntityOf(segment);
        return Extents.KeyOf(key.Namespace, (int)key.Id, index);
    }

    // ---- shmget, shmctl ----

    private string CreateSegment()
    {
        var get = ReadGet(IpcFlags.IPC_CREAT | IpcFlags.IPC_EXCL);
        get.Size = _command.Number("size", 1);
        var text = Make(Segments, new Call { Get = get }, out var result);
        if (result?.Got is null) throw new FormatException($"there is no {_command.Words[2]}: {text}");
        _queues[_command.Words[2]] = World.SegmentOf(_caller.Namespace, result.Got.Id);
        return "ok";
    }

    private string GetSegment()
    {
        var get = ReadGet(_command.Flags());
        get.Size = _command.Number("size");
        var text = Make(Segments, new Call { Get = get }, out var result);
        if (result?.Got is not { } got) return text;
        var segment = World.SegmentOf(_caller.Namespace, got.Id);
        if (_command.After("as") is { } name) _queues[name] = segment;
        if (!got.Existed) return text;
        var access = Make(segment, new Call { Access = new Access { Flags = get.Flags } });
        return access == "ok" ? text : access;
    }

    private string StatSegmentIndex()
    {
        var resolve = new Resolve { Index = (int)Command.ToNumber(_command.Words[2]) };
        var text = Make(Segments, new Call { Resolve = resolve }, out var result);
        if (result is null || result.Errno != 0) return text;
        var segment = World.SegmentOf(_caller.Namespace, result.Id);
        return Make(segment, new Call { Shmstat = new ShmStat { Any = _command.Says("any") } });
    }

    private ShmSet ReadShmSet()
    {
        Make(Queue(2), new Call { Shmstat = new ShmStat { Any = true } }, out var result);
        var present = result?.SegmentStat?.Permissions ?? new Permissions();
        return new ShmSet
        {
            Uid = (uint)_command.Number("uid", present.Uid),
            Gid = (uint)_command.Number("gid", present.Gid),
            Mode = (uint)_command.Mode(Convert.ToString((int)present.Mode, 8)),
        };
    }

    // ---- shmop ----

    private string AttachSegment()
    {
        var segment = Queue(2);
        var text = Make(segment, new Call { Shmat = new ShmAt { Flags = _command.Flags() } }, out var result);
        if (_command.After("as") is { } name && result?.ShmAttachment is { } attachment)
            _attachments[name] = (segment, attachment);
        return text;
    }

    private string DetachSegment()
    {
        if (!_attachments.TryGetValue(_command.Words[2], out var own))
            own = (Queue(2), new ShmAttachment { Id = Command.ToNumber(_command.Words[3]) });
        return Make(own.Segment, new Call { Shmdt = new ShmDt { Attachment = own.Attachment.Id } });
    }

    // ---- what lies in memory ----

    private string Read() => Make(Place(out var offset, out var own), new Call
    {
        ShmRead = new ShmRead
        {
            Capability = Shown(own),
            Attachment = HandleOf(own),
            Offset = offset,
            Length = (int)_command.Number("length"),
        },
    });

    private string Write() => Make(Place(out var offset, out var own), new Call
    {
        ShmWrite = new ShmWrite
        {
            Capability = Shown(own), Attachment = HandleOf(own), Offset = offset, Data = _command.Message(),
        },
    });

    private string? Operate(string verb)
    {
        if (!Enum.TryParse<ShmAtomic.Types.Operation>(verb.Replace("-", ""), ignoreCase: true, out var operation))
            return Control(verb);
        var to = Place(out var offset, out var own);
        return Make(to, new Call
        {
            ShmAtomic = new ShmAtomic
            {
                Capability = Shown(own),
                Attachment = HandleOf(own),
                Operation = operation,
                Offset = offset,
                Width = (int)_command.Number("width", 8),
                Operand = unchecked((ulong)_command.Number("value")),
                Expected = unchecked((ulong)_command.Number("expected")),
            },
        });
    }

    // With the word "handle" a process uses the handle of an attachment, which any process may be given.
    private ulong Shown(ShmAttachment own) => _command.Says("handle") ? own.Handle : own.Capability;

    private long HandleOf(ShmAttachment own) => _command.Says("handle") ? own.Id : 0;

    // An offset in the segment is a place in one of its extents.
    private EntityKey Place(out int offset, out ShmAttachment own)
    {
        (var segment, own) = _attachments[_command.Words[2]];
        var at = _command.Number("offset");
        offset = (int)(at % Bounds.ExtentBytes);
        return Extents.KeyOf(segment.Namespace, (int)segment.Id, (int)(at / Bounds.ExtentBytes));
    }
}
