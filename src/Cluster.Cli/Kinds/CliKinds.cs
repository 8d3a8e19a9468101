using System.Collections.Frozen;

namespace Cluster.Cli.Kinds;

/// <summary>The kinds of objects. A new kind is one line here; the tool has no other list of kinds.</summary>
internal static class CliKinds
{
    /// <summary>All kinds, in the order of their numbers.</summary>
    public static IReadOnlyList<CliKind> All { get; } =
    [
        new QueueKind(), new SetKind(), new SegmentKind(), new MqueueKind(), new PosixSemaphoreKind(),
        new PosixSharedMemoryKind(), new FifoKind(), new SocketKind(),
    ];

    /// <summary>The kinds of sysvipc(7).</summary>
    public static IReadOnlyList<SystemVKind> SystemV { get; } = [.. All.OfType<SystemVKind>()];

    /// <summary>The kinds whose objects have names.</summary>
    public static IReadOnlyList<NamedKind> Named { get; } = [.. All.OfType<NamedKind>()];

    /// <summary>The kinds whose objects have names, and which ipcmk(1) and ipcrm(1) know.</summary>
    public static IReadOnlyList<NamedKind> NamedOfUtilLinux { get; } =
        [.. Named.Where(kind => kind.UtilLinux is not null)];

    private static readonly FrozenDictionary<Kind, CliKind> ByKind = All.ToFrozenDictionary(kind => kind.Kind);

    private static readonly FrozenDictionary<Kind, CliKind> ByPart =
        All.Where(kind => kind.PartKind is not null).ToFrozenDictionary(kind => kind.PartKind!.Value);

    /// <summary>The kinds of sysvipc(7) in the order of a tool of util-linux.</summary>
    public static IEnumerable<SystemVKind> By(Func<KindOrder, int> order) => SystemV.OrderBy(kind => order(kind.Order));

    /// <summary>The kind with a word such as msg; null: there is none.</summary>
    public static CliKind? Find(string word) => All.FirstOrDefault(kind => kind.Names.Word == word);

    /// <summary>The kind with a number; null: there is none.</summary>
    public static CliKind? Find(Kind kind) => ByKind.GetValueOrDefault(kind);

    /// <summary>
    /// The kind that a call is about. It goes to an object, to a part of one, or to the directory of a kind. null: this
    /// version does not know the kind.
    /// </summary>
    public static CliKind? Of(Target target)
    {
        var kind = target.Kind == Kind.Directory ? (Kind)target.Id : target.Kind;
        return ByKind.GetValueOrDefault(kind) ?? ByPart.GetValueOrDefault(kind);
    }
}
