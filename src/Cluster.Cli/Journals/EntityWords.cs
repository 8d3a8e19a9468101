using System.Globalization;
using Cluster.Cli.CommandLine;
using Cluster.Cli.Kinds;

namespace Cluster.Cli.Journals;

/// <summary>
/// Names of entities in words: "queue 0", "shmem 3 extent 1", "directory queue", "process 7", and those in another
/// namespace than the root with its number: "queue 0 namespace 2".
/// </summary>
internal static class EntityWords
{
    /// <summary>What a word for an entity may be.</summary>
    public const string Expected = "an entity, such as queue 0 or 1/0/0";

    private const ulong Root = 1;
    private const int ExtentBits = 32;

    /// <summary>The name of an entity in words; the id itself, if it is no name of an entity of this version.</summary>
    public static string Show(string id)
    {
        if (!EntityIds.TryParse(id, out var key)) return id;
        var name = key.Kind switch
        {
            Kind.Directory when Word((Kind)key.Id) is { } word => $"directory {word}",
            Kind.Allocator => Word((Kind)key.Id) is { } word ? $"allocator {word}" : null,
            Kind.Namespace => $"namespace {key.Namespace}",
            Kind.Process => $"process {key.Id}",
            Kind.ProcessTable => "processes",
            Kind.Account => $"account {key.Id}",
            _ when CliKinds.All.FirstOrDefault(kind => kind.PartKind == key.Kind) is { } whole =>
                $"{whole.Names.Option} {key.Id >> ExtentBits} extent {key.Id & uint.MaxValue}",
            _ => CliKinds.Find(key.Kind) is { } kind
                ? $"{kind.Names.Option} {key.Id}"
                : null,
        };
        if (name is null || key.Kind is Kind.Namespace or Kind.Process or Kind.Allocator or Kind.Account) return name ?? id;
        return key.Namespace == Root ? name : $"{name} namespace {key.Namespace}";
    }

    /// <summary>The id of an entity that is named in words, or by its id.</summary>
    public static bool TryRead(IReadOnlyList<string> words, out string id)
    {
        id = words.Count == 1 && EntityIds.TryParse(words[0], out _) ? words[0] : "";
        if (id.Length > 0) return true;
        var (rest, space) = words is [.., "namespace", var number] && words.Count > 2
            && ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var given)
            ? ([.. words.Take(words.Count - 2)], given)
            : (words, Root);
        if (Find(rest, space) is not { } key) return false;
        id = EntityIds.Format(key);
        return true;
    }

    private static EntityKey? Find(IReadOnlyList<string> words, ulong space)
    {
        if (words is [var word, var text, ..]
            && CliKinds.All.FirstOrDefault(kind => kind.Names.Words.Contains(word)) is { } kind
            && Number(text) is { } id)
        {
            return words switch
            {
                [_, _] => new EntityKey { Kind = kind.Kind, Namespace = space, Id = id },
                [_, _, "extent", var index] when kind.PartKind is { } part && Number(index) is { } extent =>
                    new EntityKey { Kind = part, Namespace = space, Id = (id << ExtentBits) + extent },
                _ => null,
            };
        }

        return words switch
        {
            ["directory", var of] when KindOf(of) is { } listed =>
                new EntityKey { Kind = Kind.Directory, Namespace = space, Id = (long)listed },
            ["allocator", var of] when KindOf(of) is { } numbered =>
                new EntityKey { Kind = Kind.Allocator, Id = (long)numbered },
            ["namespace", var number] when Number(number) is { } of =>
                new EntityKey { Kind = Kind.Namespace, Namespace = (ulong)of },
            ["processes"] => new EntityKey { Kind = Kind.ProcessTable, Namespace = space },
            ["process", var number] when Number(number) is { } pid => new EntityKey { Kind = Kind.Process, Id = pid },
            ["account", var number] when uint.TryParse(
                number, NumberStyles.None, CultureInfo.InvariantCulture, out var uid) =>
                new EntityKey { Kind = Kind.Account, Id = uid },
            _ => null,
        };
    }

    private static string? Word(Kind kind) => kind switch
    {
        Kind.Process => "process",
        Kind.Namespace => "namespace",
        _ => CliKinds.Find(kind)?.Names.Option,
    };

    private static Kind? KindOf(string word) => word switch
    {
        "process" => Kind.Process,
        "namespace" => Kind.Namespace,
        _ => CliKinds.All.FirstOrDefault(kind => kind.Names.Words.Contains(word))?.Kind,
    };

    private static long? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
