using System.CommandLine;
using System.Text.Json.Nodes;
using Cluster.Cli.Output;
using Cluster.Protocol;

namespace Cluster.Cli.Commands;

/// <summary>Which node has an object.</summary>
internal static class OwnerCommand
{
    private const string Description = """
        Show which node has an object, and in which shard. The bytes of a segment are objects too, 262,144 to each:
        --offset shows who has those with this one.

        Example: ipc cluster owner --queue 3
        """;

    public static Command Create(Globals globals)
    {
        var ids = new (string Name, Kind Kind, Option<int?> Option)[]
        {
            ("msg", Kind.MessageQueue, Id("--queue", "-q", "The message queue with this id")),
            ("sem", Kind.SemaphoreSet, Id("--semaphore", "-s", "The semaphore set with this id")),
            ("shm", Kind.SharedMemory, Id("--shm", "-m", "The shared memory segment with this id")),
        };
        var command = new Command("owner", Description);
        var offset = new Option<long?>("--offset")
        {
            HelpName = "BYTES",
            Description = "With --shm: the part of the segment that this byte lies in",
            CustomParser = result => Words.Number(result, 0L, (long)int.MaxValue * Bounds.ExtentBytes),
        };
        foreach (var (_, _, option) in ids) command.Add(option);
        command.Add(offset);
        command.Validators.Add(result =>
        {
            if (ids.Count(each => result.GetResult(each.Option) is { Implicit: false }) != 1)
                result.AddError("owner: say which object: --queue ID, --semaphore ID or --shm ID");
            else if (result.GetResult(offset) is not null && result.GetResult(ids[^1].Option) is null)
                result.AddError("owner: --offset is a byte of a segment, so it goes with --shm ID");
        });
        globals.RunOperation(command, async (operations, parsed, cancelled) =>
        {
            var (name, kind, option) = ids.First(each => parsed.GetValue(each.Option) is not null);
            var id = parsed.GetValue(option)!.Value;
            var at = parsed.GetValue(offset);
            var target = at is { } bytes
                ? new Target { Kind = Kind.Extent, Id = ((long)id << 32) | (bytes / Bounds.ExtentBytes) }
                : new Target { Kind = kind, Id = id };
            var owner = await operations.OwnerAsync(target, (ulong)(at ?? 0), cancelled);
            var gateway = owner.Gateway.Length > 0 ? owner.Gateway : "-";
            await globals.Out.WriteLineAsync(globals.Json(parsed)
                ? JsonOutput.Line(new JsonObject
                {
                    ["object"] = $"{name}:{id}",
                    ["address"] = owner.Address,
                    ["gateway"] = owner.Gateway,
                    ["shard"] = owner.Shard,
                })
                : $"{(at is null ? "" : $"byte {at} of ")}{name}:{id} is on {owner.Address} ({gateway}), "
                    + $"in shard {owner.Shard}");
        });
        return command;
    }

    private static Option<int?> Id(string name, string alias, string description) => new(name, alias)
    {
        HelpName = "ID",
        Description = description,
        CustomParser = result => Words.Number(result, 0, int.MaxValue),
    };
}
