using Cluster.Protocol;

namespace Cluster.Client;

/// <summary>The calls of one kind as the man pages name them, and the directory that lists the kind.</summary>
internal sealed class ObjectWords
{
    /// <param name="kind">The kind.</param>
    /// <param name="prefix">What its calls begin with: msg, sem, shm.</param>
    public ObjectWords(Kind kind, string prefix)
    {
        var (control, upper) = (prefix + "ctl", prefix.ToUpperInvariant());
        Kind = kind;
        Directory = new Target { Kind = Kind.Directory, Id = (int)kind };
        Get = prefix + "get";
        Stat = $"{control}(IPC_STAT)";
        StatAny = $"{control}({upper}_STAT_ANY)";
        StatByIndex = $"{control}({upper}_STAT)";
        Set = $"{control}(IPC_SET)";
        Remove = $"{control}(IPC_RMID)";
        Limits = $"{control}(IPC_INFO)";
        Usage = $"{control}({upper}_INFO)";
        NextId = $"sysctl({prefix}_next_id)";
    }

    public Kind Kind { get; }

    public Target Directory { get; }

    public string Get { get; }

    public string Stat { get; }

    public string StatAny { get; }

    public string StatByIndex { get; }

    public string Set { get; }

    public string Remove { get; }

    public string Limits { get; }

    public string Usage { get; }

    public string NextId { get; }

    /// <summary>The object of an id.</summary>
    public Target Of(long id) => new() { Kind = Kind, Id = id };
}
