using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Kinds;
using Cluster.Cli.Output;

namespace Cluster.Cli.Nodes;

/// <summary>Shows the node that an object is on.</summary>
internal static class OwnerCommand
{
    private const string Description = """
        Show which node has an object, and in which shard. The bytes of shared memory are objects too, 262,144 to each:
        --offset shows who has those with this one.

        Example: ipc cluster owner --queue-id 3
        """;

    public static Command Create(Globals globals)
    {
        var ids = new ObjectOptions();
        var inParts = CliKinds.All.Where(kind => kind.PartKind is not null).ToArray();
        var partOptions = Words.List(inParts.Select(ObjectOptions.NameOf), "or");
        var choices = Words.List(CliKinds.All.Select(kind => $"{ObjectOptions.NameOf(kind)} ID"), "or");
        var offset = new Option<long?>("--offset")
        {
            HelpName = "BYTES",
            Description = $"With {partOptions}: the part of the memory that this byte lies in",
            CustomParser = result => Words.Number(result, 0L, (long)int.MaxValue * Bounds.ExtentBytes),
        };
        var command = new Command("owner", Description);
        ids.AddTo(command);
        command.Add(offset);
        command.Validators.Add(result =>
        {
            var given = ids.Given(result);
            if (given.Count != 1) result.AddError($"owner: say which object: {choices}");
            else if (result.GetResult(offset) is not null && !inParts.Contains(given[0]))
                result.AddError($"owner: --offset is a byte of shared memory, so it goes with {partOptions} ID");
        });
        globals.RunOperation(command, async (operations, parsed, cancelled) =>
        {
            var (kind, id) = ids.Find(parsed)!.Value;
            var at = parsed.GetValue(offset);
            var target = at is { } bytes ? kind.PartOf(id, bytes) : new Target { Kind = kind.Kind, Id = id };
            var owner = await operations.OwnerAsync(target, (ulong)(at ?? 0), cancelled);
            var name = $"{kind.Names.Word}:{id}";
            var gateway = owner.Gateway.Length > 0 ? owner.Gateway : "-";
            await globals.Out.WriteLineAsync(globals.Json(parsed)
                ? JsonOutput.Line(new JsonObject
                {
                    ["object"] = name,
                    ["address"] = owner.Address,
                    ["gateway"] = owner.Gateway,
                    ["shard"] = owner.Shard,
                })
                : $"{(at is null ? "" : $"byte {at} of ")}{name} is on {owner.Address} ({gateway}), "
                    + $"in shard {owner.Shard}");
        });
        return command;
    }
}
