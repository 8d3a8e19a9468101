using System.Text.Json.Nodes;
using Cluster.Cli.CommandLine;

namespace Cluster.Cli.Kinds;

/// <summary>The file with the id of the next object: kernel.msg_next_id. -1: none is chosen.</summary>
/// <param name="Kind">The kind.</param>
internal sealed record NextIdFile(SystemVKind Kind)
    : KernelFile($"kernel.{Kind.Names.Word}_next_id", $"a number from 0 to {int.MaxValue}")
{
    private const int None = -1;

    public override async Task<JsonNode[]> ReadAsync(IIpcClient ipc, CancellationToken cancelled) =>
        [JsonValue.Create(await Kind.NextIdAsync(ipc, cancelled) ?? None)];

    public override bool TryParse(string text, out long[] values)
    {
        values = new long[1];
        return Parsing.TrySigned(text.Trim(), out values[0]) && values[0] is >= 0 and <= int.MaxValue;
    }

    public override Task WriteAsync(IIpcClient ipc, long[] values, CancellationToken cancelled) =>
        Kind.ChooseNextIdAsync(ipc, (int)values[0], cancelled);

    /// <remarks>Each namespace has its own, so there is nothing to inherit.</remarks>
    public override Task InheritAsync(IIpcClient ipc, CancellationToken cancelled) => Task.CompletedTask;
}
