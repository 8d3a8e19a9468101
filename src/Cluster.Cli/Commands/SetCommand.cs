using System.CommandLine;
using Cluster.Client;

namespace Cluster.Cli.Commands;

/// <summary>
/// msgctl(IPC_SET). The new owner is --owner-uid and --owner-gid, because --uid and --gid say who calls.
/// </summary>
internal static class SetCommand
{
    public static Command Create(Globals globals)
    {
        var id = CommonOptions.QueueId();
        var owner = new Option<uint?>("--owner-uid", "--owner")
        {
            HelpName = "UID",
            Description = "The new owner (msg_perm.uid)",
            CustomParser = result => Words.Number(result, 0u, Parsing.HighestId),
        };
        var group = new Option<uint?>("--owner-gid", "--group")
        {
            HelpName = "GID",
            Description = "The new group (msg_perm.gid)",
            CustomParser = result => Words.Number(result, 0u, Parsing.HighestId),
        };
        var mode = new Option<int?>("--mode")
        {
            HelpName = "MODE",
            Description = "Permissions, octal (msg_perm.mode)",
            CustomParser = result => Words.Read<int>(result, Parsing.TryMode, "a mode such as 0600"),
        };
        var qbytes = new Option<ulong?>("--qbytes")
        {
            HelpName = "BYTES",
            Description = "What the queue may hold (msg_qbytes)",
            CustomParser = result => Words.Number(result, 0ul, ulong.MaxValue),
        };
        var command = new Command("set", "IPC_SET; what is not given stays. Example: ipc msg set 0 --qbytes 65536")
        {
            id, owner, group, mode, qbytes,
        };
        globals.Run(command, async (ipc, parsed, cancelled) =>
        {
            var queue = ipc.MessageQueues.Open(parsed.GetValue(id));
            var change = new QueueChange
            {
                Uid = parsed.GetValue(owner),
                Gid = parsed.GetValue(group),
                Mode = (UnixFileMode?)parsed.GetValue(mode),
                Qbytes = parsed.GetValue(qbytes),
            };
            await queue.SetAsync(change, cancelled);
        });
        return command;
    }
}
