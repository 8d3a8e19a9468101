using System.Collections.Frozen;
using Cluster.Cli.Kinds;
using Op = Cluster.Protocol.Call.OpOneofCase;

namespace Cluster.Cli.Tracing;

/// <summary>The formats of all operations. Each kind brings those of its own.</summary>
internal static class StraceFormats
{
    private static readonly FrozenDictionary<CallOperation, StraceFormat> Formats = CliKinds.All
        .SelectMany(kind => kind.StraceFormats)
        .Concat(ObjectStrace.Formats)
        .Concat(DescriptionStrace.Formats)
        .Concat(NamespaceStrace.Formats)
        .Concat(SignalStrace.Formats)
        // A newer node may know an operation that this version does not.
        .Append(new StraceFormat(Op.None, _ => new("none")))
        .ToFrozenDictionary(format => format.Operation);

    /// <summary>The format of an operation.</summary>
    /// <exception cref="InvalidOperationException">No kind has one: its author forgot it.</exception>
    public static StraceFormat Of(CallOperation operation) => Formats.GetValueOrDefault(operation)
        ?? throw new InvalidOperationException($"the operation {operation.Name} has no trace format");
}
