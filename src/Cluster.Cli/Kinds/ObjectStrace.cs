using Cluster.Cli.Output;
using Op = Cluster.Protocol.Call.OpOneofCase;

namespace Cluster.Cli.Kinds;

/// <summary>The formats of the operations that all kinds have: those of directories, and the access check.</summary>
internal static class ObjectStrace
{
    public static IReadOnlyList<StraceFormat> Formats { get; } =
    [
        new(Op.Access, op => new($"{op.Word}get", $"/* {op.Id} */, {StraceText.OfGet(op.Call.Access.Flags)}")),
        new(Op.Get, op => op.Kind?.Got(op.Call.Get) ?? new("get", StraceText.OfGet(op.Call.Get.Flags)), Id),
        new(Op.List, op => new($"{op.Word}_list", $"{op.Call.List.AfterId}, {op.Call.List.Limit}"), Length),
        new(Op.Resolve, op => Control(
            op, $"/* index */ {op.Call.Resolve.Index}", $"{op.Word.ToUpperInvariant()}_STAT, "), Id),
        new(Op.Remove, op => op.Kind?.Removed(op.Call.Remove) ?? new("remove", $"{op.Call.Remove.Id}")),
        new(Op.NextIdSet, op => new(
            "sysctl", $"{StraceText.Quote($"kernel.{op.Word}_next_id")}, {op.Call.NextIdSet.Id}")),
        new(Op.DirectoryStat, op => Control(op, "0", "IPC_INFO, "), Used),
    ];

    /// <summary>The outcome of a call that returns a list: its length.</summary>
    public static StraceOutcome Length(TracedOperation op, Result result) => StraceOutcome.Of(op.Traced.ResultLength);

    private static StraceArguments Control(TracedOperation op, string id, string command) =>
        new($"{op.Word}ctl", $"{id}, {op.Kind?.ControlArgument}{command}");

    // get returns the one or the other: of an object that exists, the client has to ask for access first.
    private static StraceOutcome Id(TracedOperation op, Result result) =>
        (result.Got?.Id ?? result.Id) is var id && op.Kind is { } kind
            ? new("", kind.GotId(id))
            : StraceOutcome.Of(id);

    private static StraceOutcome Used(TracedOperation op, Result result) => result.DirectoryStatus is { } status
        ? new($"{{used={status.Objects}}}", $"{Math.Max(0, status.HighestIndex)}")
        : StraceOutcome.Zero;
}
