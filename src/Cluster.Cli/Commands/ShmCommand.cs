using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Cluster.Cli.Output;
using Cluster.Client;
using Cluster.Protocol;

namespace Cluster.Cli.Commands;

/// <summary>The calls on shared memory segments. Those that reach into memory attach, and detach again.</summary>
internal static class ShmCommand
{
    private const string Description = "Calls on shared memory segments. Example: ipc shm write 0 'hello'";

    public static Command Create(Globals globals) => new("shm", Description)
    {
        Get(globals),
        ShmTransferCommands.Read(globals),
        ShmTransferCommands.Write(globals),
        Stat(globals),
        Set(globals),
        Simple(globals, "lock", "SHM_LOCK", (segment, cancelled) => segment.LockAsync(cancelled)),
        Simple(globals, "unlock", "SHM_UNLOCK", (segment, cancelled) => segment.UnlockAsync(cancelled)),
        Simple(globals, "remove", "IPC_RMID", (segment, cancelled) => segment.RemoveAsync(cancelled)),
    };

    /// <summary>The argument that names a segment.</summary>
    public static Argument<int> SegmentId() => new("ID")
    {
        Description = "The segment's id (shmid)",
        CustomParser = result => Words.Number(result, 0, int.MaxValue),
    };

    private static Command Get(Globals globals)
    {
        var key = new Argument<int>("KEY")
        {
            Description = "Decimal, or hexadecimal with 0x; 0 makes a segment without a key (IPC_PRIVATE)",
            CustomParser = result => Words.Read<int>(result, Parsing.TryKey, "a key such as 42 or 0x2a"),
        };
        var size = new Option<long>("--size")
        {
            HelpName = "BYTES",
            Description = "The size of a new segment; of one that exists: at least so many",
            CustomParser = result => Words.Number(result, 0, long.MaxValue),
        };
        var create = new Option<bool>("--create") { Description = "Make it if there is none (IPC_CREAT)" };
        var exclusive = new Option<bool>("--excl") { Description = "EEXIST if there is one (IPC_EXCL)" };
        var mode = CommonOptions.Mode();
        var isVolatile = CommonOptions.Volatile();
        const string what = "shmget(2): the id of a key's segment. Example: ipc shm get 42 --size 65536 --create";
        var command = new Command("get", what) { key, size, create, exclusive, mode, isVolatile };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            // On a segment that exists the mode bits ask for permissions: only who states them asks.
            var flags = (parsed.GetValue(create) ? GetFlags.Create : 0)
                | (parsed.GetValue(exclusive) ? GetFlags.Exclusive : 0);
            var bits = (UnixFileMode)(parsed.GetValue(mode)
                ?? (parsed.GetValue(create) ? CommonOptions.DefaultMode : 0));
            var segment = await ipc.SharedMemorySegments.GetAsync(
                parsed.GetValue(key), parsed.GetValue(size), flags, bits,
                CommonOptions.Lives(parsed, isVolatile), cancelled);
            await globals.Out.WriteLineAsync(globals.Json(parsed)
                ? JsonOutput.Line(new JsonObject { ["shmid"] = segment.Id })
                : segment.Id.ToString(CultureInfo.InvariantCulture));
        });
        return command;
    }

    private static Command Stat(Globals globals)
    {
        var id = SegmentId();
        var command = new Command("stat", "IPC_STAT: struct shmid_ds. Example: ipc shm stat 0 --json") { id };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var stat = await ipc.SharedMemorySegments.Open(parsed.GetValue(id)).StatAsync(any: false, cancelled);
            await globals.Out.WriteLineAsync(JsonOutput.Of(stat).Show(globals.Json(parsed)));
        });
        return command;
    }

    private static Command Set(Globals globals)
    {
        var id = SegmentId();
        var owner = CommonOptions.Owner("--owner-uid", "--owner", "The new owner (shm_perm.uid)");
        var group = CommonOptions.Owner("--owner-gid", "--group", "The new group (shm_perm.gid)");
        var mode = CommonOptions.Mode();
        mode.Description = "Permissions, octal (shm_perm.mode)";
        var command = new Command("set", "IPC_SET; what is not given stays. Example: ipc shm set 0 --mode 0660")
        {
            id, owner, group, mode,
        };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var segment = ipc.SharedMemorySegments.Open(parsed.GetValue(id));
            var change = new PermissionsChange
            {
                Uid = parsed.GetValue(owner),
                Gid = parsed.GetValue(group),
                Mode = (UnixFileMode?)parsed.GetValue(mode),
            };
            await segment.SetAsync(change, cancelled);
        });
        return command;
    }

    private static Command Simple(
        Globals globals, string name, string call, Func<ISharedMemorySegment, CancellationToken, Task> action)
    {
        var id = SegmentId();
        var command = new Command(name, $"{call}. Example: ipc shm {name} 0") { id };
        globals.Run(command, (ipc, parsed, cancelled) =>
            action(ipc.SharedMemorySegments.Open(parsed.GetValue(id)), cancelled));
        return command;
    }
}
